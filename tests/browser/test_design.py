"""The design page in a real browser: the loop from an edit to its figures, by mouse, keyboard and dragging, on one screen."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from cnn_core import designs
from tests.browser.conftest import OpenPage, settle

pytestmark = pytest.mark.browser

NET = "input 1x28x28\nconv 8 3x3\nrelu\nmaxpool 2\nflatten\nlinear 10\n"  # 80 + 13,530 parameters


def link(url: str, text: str = NET) -> str:
    return f"{url}/design?design={designs.pack(text)}"


def row(page: Page, at: int) -> Locator:
    return page.locator(f".row[data-row='{at}']")


def figure(page: Page, name: str) -> Locator:
    return page.locator(f".design-totals div:has(span:text-is('{name}')) b")


def lines(page: Page) -> list[str]:
    return page.locator(".row:not(.given) b").all_inner_texts()


def test_an_edit_and_what_it_gives_are_on_one_screen(open_page: OpenPage, app_url: str) -> None:
    page = open_page(link(app_url))
    expect(figure(page, "parameters")).to_have_text("13,610")
    for part in (page.locator(".list"), page.locator(".design-totals"), page.locator(".layer-graph")):
        box = part.first.bounding_box()
        assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 768
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") <= 768 + 1
    row(page, 0).locator("input[data-name=pad]").fill("1")
    expect(row(page, 0).locator(".shape")).to_have_text("8×28×28")
    expect(figure(page, "parameters")).to_have_text("15,770")
    row(page, 4).click()
    row(page, 4).locator("input[data-name=input]").fill("1352")
    expect(row(page, 4)).to_have_class(re.compile("bad"))
    expect(row(page, 4).locator(".why")).to_contain_text("Linear expects 1,352 inputs, gets 1,568")
    page.get_by_role("button", name="Insert pooling to 13×13").click()
    expect(page.locator(".row.bad")).to_have_count(0)
    expect(row(page, 3).locator("b")).to_have_text("gap")
    page.locator("[data-act=undo]").click()
    expect(page.locator(".row.bad")).to_have_count(1)
    page.locator("[data-act=redo]").click()
    expect(figure(page, "output")).to_have_text("10")


def test_lines_are_moved_wrapped_and_removed_by_keyboard(open_page: OpenPage, app_url: str) -> None:
    page = open_page(link(app_url, "input 8x8x8\nconv 8 3x3 pad 1\nrelu\ngap\nflatten\nlinear 4"))
    page.locator(".list").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(row(page, 1).locator("b")).to_have_text("conv")
    assert lines(page)[:2] == ["relu", "conv"]
    page.locator("[data-act=residual]").click()
    expect(row(page, 1).locator("b")).to_have_text("residual")
    expect(row(page, 2)).to_have_attribute("aria-level", "2")
    page.locator(".list").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+d")
    expect(page.locator(".row:not(.given)")).to_have_count(7)
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Delete")
    expect(page.locator(".row:not(.given)")).to_have_count(6)
    expect(page.locator(".row.bad, .row.open")).to_have_count(0)
    expect(figure(page, "parameters")).to_have_text("620")  # 8·(8·9 + 1) + 4·(8 + 1)


def test_changes_are_undone_to_the_start_and_redone_and_dragging_over_rows_marks_no_text(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/design")
    undo, redo, rows = page.locator("[data-act=undo]"), page.locator("[data-act=redo]"), page.locator(".row:not(.given)")
    expect(rows).to_have_count(18)
    page.locator("select.add").select_option("relu")
    expect(rows).to_have_count(19)
    expect(undo).to_be_enabled()
    undo.click()
    expect(rows).to_have_count(18)
    expect(undo).to_be_disabled()
    expect(redo).to_be_enabled()
    redo.click()
    expect(rows).to_have_count(19)
    expect(redo).to_be_disabled()
    for name in ("user-select", "-webkit-user-select"):
        expect(row(page, 3).locator("b")).to_have_css(name, "none")
    expect(page.locator(".given input").first).to_have_css("user-select", "text")


def test_a_line_is_dragged_into_a_block(open_page: OpenPage, app_url: str) -> None:
    page = open_page(link(app_url, "input 8x8x8\nbatchnorm\nresidual\n  conv 8 3x3 pad 1\ngap\nflatten\nlinear 4"))
    grip, target = row(page, 0).locator(".grip").bounding_box(), row(page, 2).bounding_box()
    assert grip is not None and target is not None
    page.mouse.move(grip["x"] + 4, grip["y"] + 4)
    page.mouse.down()
    page.mouse.move(target["x"] + 90, target["y"] + 5, steps=4)
    page.mouse.up()
    expect(row(page, 1)).to_have_attribute("aria-level", "2")
    assert lines(page)[:3] == ["residual", "batchnorm", "conv"]


def test_blocks_are_added_and_the_network_survives_a_refresh(open_page: OpenPage, app_url: str) -> None:
    page = open_page(link(app_url), locale="es-ES")
    row(page, 1).click()
    page.locator("select.add").select_option("branches")
    expect(row(page, 2).locator("b")).to_have_text("branches")
    expect(row(page, 2).locator(".shape")).to_have_text("32×26×26")
    page.wait_for_url(lambda url: "branches" in designs.unpack(parse_qs(urlsplit(url).query)["design"][0]))
    page.reload()
    settle(page)
    expect(row(page, 2).locator(".shape")).to_have_text("32×26×26")
    expect(page.get_by_text("campo receptivo")).to_be_visible()


def test_on_a_phone_the_list_stands_above_its_figures(open_page: OpenPage, app_url: str) -> None:
    page = open_page(link(app_url), width=390, height=844)
    expect(figure(page, "parameters")).to_have_text("13,610")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    row(page, 0).locator("input[data-name=filters]").fill("4")
    expect(row(page, 0).locator(".shape")).to_have_text("4×26×26")


def test_a_refused_text_is_not_lost_and_not_saved(open_page: OpenPage, app_url: str) -> None:
    page = open_page(link(app_url) + "&design_form=text")
    area = page.get_by_role("textbox", name="The design as text")
    area.fill("input 1x28x28\nconf 8 3x3\n")
    area.press("Control+Enter")
    told = page.get_by_text("Line 2, column 1")
    expect(told).to_be_visible()
    expect(page.locator(".design-stale")).to_be_visible()
    expect(page).to_have_url(re.compile("typed="))
    page.get_by_role("radio", name="List").or_(page.get_by_role("button", name="List", exact=True)).first.click()
    expect(page.get_by_role("button", name="Back to the text")).to_be_visible()
    expect(page).not_to_have_url(re.compile("design_form"))
    page.reload()
    settle(page)
    page.get_by_role("button", name="Back to the text").click()
    expect(area).to_have_value("input 1x28x28\nconf 8 3x3\n")
    expect(told).to_be_visible()
    page.get_by_test_id("stPopoverButton").filter(has_text="Save").click()
    expect(page.get_by_role("button", name="Save on this machine")).to_be_disabled()


def test_a_file_is_opened_and_its_lines_are_numbered_as_it_is(open_page: OpenPage, app_url: str) -> None:
    page = open_page(link(app_url))
    page.get_by_test_id("stPopoverButton").filter(has_text="Open").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.txt", "mimeType": "text/plain", "buffer": b"# mine\n\ninput 1x8x8\nconv 4 3x3\n\nflatten\nlinear 10 in 7\n"}
    )
    expect(row(page, 2).locator(".at")).to_have_text("7")
    expect(page.get_by_text("Line 7:")).to_be_visible()


def test_the_whole_graph_stands_above_its_hint(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/design")
    page.wait_for_selector(".layer-graph .node.end")
    page.locator(".layer-graph").evaluate(  # once it has settled
        """graph => new Promise((done, fail) => {
            const begun = performance.now();
            const look = () => {
                const top = graph.querySelector(".hint").getBoundingClientRect().top;
                const lowest = Math.max(...[...graph.querySelectorAll(".node .box")].map((node) => node.getBoundingClientRect().bottom));
                if (lowest <= top) done();
                else if (performance.now() - begun > 10000) fail(new Error(`${lowest} > ${top}`));
                else requestAnimationFrame(look);
            };
            look();
        })"""
    )
