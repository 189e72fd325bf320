"""The shell of the app in a real browser: deep links, languages, presentation mode, themes, phone width."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, serve, settle
from tests.pages.test_app import TOPICS

pytestmark = pytest.mark.browser


def test_first_request_to_a_fresh_server_may_be_a_deep_link(open_page: OpenPage, tmp_path: Path) -> None:
    with serve(CONVOLAB_DATA=str(tmp_path)) as url:
        page = open_page(f"{url}/arithmetic?lang=es")
        expect(page).to_have_title("Aritmética · Convolab")
        expect(page.get_by_test_id("stSidebarNav")).to_contain_text("Laboratorio de núcleos")
        expect(page.get_by_test_id("stMain").get_by_role("heading", name="Aritmética")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.url.endswith("/arithmetic?lang=es")


@pytest.mark.parametrize(
    ("locale", "title"), [("es-MX", "Laboratorio de núcleos"), ("en-GB", "Kernel lab"), ("fr-FR", "Kernel lab")]
)
def test_language_comes_from_the_browser(open_page: OpenPage, app_url: str, locale: str, title: str) -> None:
    page = open_page(app_url, locale=locale)
    expect(page).to_have_title(f"{title} · Convolab")


def test_presentation_mode_hides_the_sidebar_and_still_turns_pages(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?present=1&lang=es", width=1920, height=1080)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Presentación")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page).not_to_have_url(re.compile(r"/\?"))
    expect(page).to_have_url(re.compile("present=1"))
    expect(page).to_have_url(re.compile("lang=es"))
    page.keyboard.press("PageUp")
    expect(page).to_have_title("Laboratorio de núcleos · Convolab")
    page.get_by_role("button", name="Salir del modo de presentación").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1366, False)], ids=["phone-dark", "laptop-light"])
@pytest.mark.parametrize("topic", TOPICS)
def test_nothing_sticks_out_and_nothing_fails(
    open_page: OpenPage, app_url: str, topic: str, width: int, dark: bool
) -> None:
    page = open_page(f"{app_url}/{topic}?lang=es", width=width, dark=dark)
    expect(page.get_by_test_id("stMain").locator("h1")).to_be_visible()
    settle(page)
    # Until it has loaded, a skeleton fills the script's box: it must have no room to stick out.
    expect(page.locator(".st-key-history-script")).to_have_css("width", "0px")
    page.wait_for_function("width => document.querySelector('[data-testid=stMain]').scrollWidth <= width", arg=width)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_the_page_scrolls_under_a_header_of_its_own_colour(open_page: OpenPage, app_url: str, dark: bool) -> None:
    page = open_page(f"{app_url}/arithmetic", width=390, height=844, dark=dark)
    header, colour = page.get_by_test_id("stHeader"), "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    expect(header).to_have_css("background-color", page.evaluate(colour))
    page.set_viewport_size({"width": 1366, "height": 768})
    expect(header).to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_back_and_forward_walk_through_the_visits(open_page: OpenPage, app_url: str) -> None:
    """One step a page, although a page writes its choices into the URL as soon as it is drawn."""
    page = open_page(app_url)
    expect(page).to_have_url(re.compile(r"/\?.*pic="))
    for link in ("Pictures", "Kernel lab", "Pictures"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=link).click()
        arrive(page, link)
    page.go_back()
    arrive(page, "Kernel lab")
    page.go_back()
    arrive(page, "Pictures")
    page.go_forward()
    arrive(page, "Kernel lab")


def arrive(page: Page, title: str) -> None:
    """At rest, with the page's choices in the URL: what comes after that is the next step."""
    expect(page).to_have_title(f"{title} · Convolab")
    expect(page).to_have_url(re.compile("pic="))
    settle(page)


def test_a_choice_is_a_step_of_its_own(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/pictures")
    arrive(page, "Pictures")
    page.get_by_role("option", name="Brick wall").click()
    expect(page).to_have_url(re.compile("pic=sample-brick"))
    settle(page)
    page.go_back()  # at once: however soon after a choice, it is a step back, and no late click
    expect(page.get_by_role("option", name="Astronaut")).to_have_attribute("aria-selected", "true")
    settle(page)
    expect(page).to_have_url(re.compile("pic=sample-astronaut"))
    page.go_forward()
    expect(page.get_by_role("option", name="Brick wall")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize(("dark", "colour"), [(False, "rgb(255, 255, 255)"), (True, "rgb(18, 18, 28)")], ids=["light", "dark"])
def test_a_primary_button_can_be_read_in_both_themes(open_page: OpenPage, app_url: str, dark: bool, colour: str) -> None:
    page = open_page(f"{app_url}/design", dark=dark)
    expect(page.locator("button[kind=primary]").first).to_have_css("color", colour)
