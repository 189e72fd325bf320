"""A real Chromium against a real server: one server and one browser for the whole run, a fresh context for every test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.browser.require_chromium import find_chromium
from tests.conftest import ROOT

# Debian's Chromium as any user, root included, without talking to the internet.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_TIMEOUT_S = 60
expect.set_options(timeout=20_000)  # two shared cores: slow is not wrong


@contextmanager
def serve(script: Path = ROOT / "app.py", **environment: str) -> Iterator[str]:
    """A Streamlit server for ``script`` on a free port; its address. Ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        f"--server.port={port}",
        "--server.address=127.0.0.1",
    ]
    env = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        _wait_until_healthy(server, f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_until_healthy(server: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended at once:\n{server.stdout.read() if server.stdout else ''}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not answer within {START_TIMEOUT_S} s")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, with no data sets: what a new user has."""
    home = tmp_path_factory.mktemp("server")
    with serve(
        CONVOLAB_DATA=str(home / "data"), CONVOLAB_RUNS=str(home / "runs"), XDG_CACHE_HOME=str(home / "cache"),
        CONVOLAB_DESIGNS=str(home / "designs"),
    ) as url:
        yield url


@pytest.fixture(scope="session")
def data_app_url(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[str]:
    """The address of the app with the real CIFAR-10 and MNIST in a read-only data folder."""
    home = tmp_path_factory.mktemp("data-server")
    with serve(
        CONVOLAB_DATA=str(shared_data), CONVOLAB_RUNS=str(home / "runs"), XDG_CACHE_HOME=str(home / "cache"),
        CONVOLAB_DESIGNS=str(home / "designs"),
    ) as url:
        yield url


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """``open_page(url, locale="en-US", width=1366, height=768, dark=False)``: a page of a fresh context, loaded and at rest.

    The test fails at its end if the page asked the internet for anything or a script of ours raised an error.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def on_request(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            complaints.append(f"asked for {request.url}")

    def open_(url: str, *, locale: str = "en-US", width: int = 1366, height: int = 768, dark: bool = False) -> Page:
        context = browser.new_context(
            locale=locale, viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.on("request", on_request)
        page.goto(url)
        settle(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints, complaints


def settle(page: Page) -> None:
    """Wait until the script has run. Wait for the expected text as well: a click takes a moment to start a run."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function("!document.querySelector('[data-stale=true]')")
