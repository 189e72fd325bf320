"""Makes sure that the browser tests have a Chromium: the machine's, Debian's package, or Playwright's own; else it fails.

``make test`` runs this before the browser tests, which never pass by being skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium() -> str | None:
    """The system's Chromium, else None: then Playwright's own is used where it is installed."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def runs() -> bool:
    """Whether a Chromium starts, the system's or Playwright's."""
    try:
        with sync_playwright() as playwright:
            playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"]).close()
    except Error:
        return False
    return True


def install_attempts() -> list[list[str]]:
    """Ways to get one, the system's package first: as root, else with sudo if that asks for no password."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    attempts = []
    if shutil.which("apt-get") and (not as_root or shutil.which("sudo")):
        attempts += [[*as_root, "apt-get", "update", "-qq"], [*as_root, "apt-get", "install", "-y", "-qq", "chromium"]]
    return [*attempts, [sys.executable, "-m", "playwright", "install", "chromium"]]


def main() -> int:
    if runs():
        return 0
    for command in install_attempts():
        print("+", " ".join(command), flush=True)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
        if done.returncode == 0 and runs():
            return 0
    print(
        "The browser tests need Chromium and none could be installed. Install it (Debian, Ubuntu: apt install chromium) "
        "and run `make test` again.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
