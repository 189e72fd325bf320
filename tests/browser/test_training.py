"""Training in a real browser: a job is started with two clicks on one button, is watched to its end, and is there after a refresh."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, settle

pytestmark = pytest.mark.browser
TINY = {"dataset": "digits", "train_images": 256, "epochs": 2, "validation_images": 100, "device": "cpu"}


def test_a_job_is_started_once_watched_to_its_end_and_found_again(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/training?changes={quote(json.dumps(TINY))}")
    expect(page.locator(".tr-cost")).to_contain_text("61,706", timeout=120_000)
    page.locator(".st-key-tr-start button").dblclick()
    expect(page.locator(".tr-status")).to_be_visible(timeout=60_000)
    expect(page).to_have_url(re.compile(r"run=\d{6}-\d{6}-\w{6}"))
    expect(page.locator(".tr-status .chip")).to_have_text("Finished", timeout=180_000)
    expect(page.locator(".tr-status")).to_contain_text("2 / 2")
    page.reload()
    settle(page)
    expect(page.locator(".tr-status .chip")).to_have_text("Finished", timeout=60_000)
    expect(page.locator(".plot canvas")).to_have_count(2)

    film = page.locator(".film")
    expect(film.locator("output")).to_have_text("Epoch 2")
    film.focus()
    page.keyboard.press("ArrowLeft")
    expect(film.locator("output")).to_have_text("Epoch 1")
    expect(film).not_to_have_class(re.compile("waiting"))

    page.locator(".st-key-run [data-testid=stSelectbox]").click()
    expect(page.get_by_role("option")).to_have_count(1)  # two clicks started one job
    page.keyboard.press("Escape")

    page.get_by_role("radio", name="Mistakes").click()
    expect(page.locator(".matrix canvas")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile("taken for"))).not_to_have_count(0)


@pytest.mark.parametrize("view", ["start", "compare"])
def test_a_phone_shows_it_stacked(open_page: OpenPage, app_url: str, view: str) -> None:
    page = open_page(f"{app_url}/training?train_view={view}&lang=es", width=390, height=844)
    expect(page.get_by_role("heading", name="Entrenamiento")).to_be_visible()
    settle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
