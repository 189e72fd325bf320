"""The blocks page in a real browser: the wiring steps and counts, a question is answered, all of it fits laptop and phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, settle

pytestmark = pytest.mark.browser


def test_the_wiring_steps_by_keyboard_and_counts_the_course_s_weights(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/blocks?card=separable")
    standard, separable = page.locator("canvas[data-weights]").nth(0), page.locator("canvas[data-weights]").nth(1)
    expect(standard).to_have_attribute("data-weights", "9", timeout=90_000)  # the first card waits for torch
    panels = page.locator(".panels")
    panels.focus()
    panels.press("ArrowRight")
    expect(page.locator(".step")).to_have_text("step 2 of 9")
    expect(separable).to_have_attribute("data-weights", "10")
    panels.press("End")
    expect(standard).to_have_attribute("data-weights", "72")
    expect(separable).to_have_attribute("data-weights", "17")
    panels.press("Home")
    panels.press(" ")
    expect(page.locator("[data-action=play]")).to_have_attribute("aria-label", "Pause")
    panels.press("Escape")
    expect(page.locator("[data-action=play]")).to_have_attribute("aria-label", "Play")
    page.get_by_role("textbox", name="Your guess").fill("17")
    page.get_by_role("textbox", name="Your guess").press("Enter")
    expect(page.locator(".blocks-answer")).to_contain_text("3·3·1 + 1·8 = 17")
    expect(page.locator(".blocks-answer")).to_contain_text("Right!")
    expect(page).to_have_url(re.compile("told_separable=1"))
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    box = panels.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768


def test_a_phone_shows_a_card_and_changes_to_another(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/blocks?card=dense_conv&lang=es", width=390, height=844)
    expect(page.locator(".blocks-grid").first).to_be_visible(timeout=90_000)
    page.get_by_role("radio", name="Dropout", exact=True).click()
    expect(page.locator(".blocks-grid td").first).to_be_visible()
    expect(page).to_have_url(re.compile("card=dropout"))
    settle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
