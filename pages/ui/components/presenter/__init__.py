"""The bar of presentation mode: previous page, where we are, next page, and the way out."""

from __future__ import annotations

from pathlib import Path

from pages.ui.components import register
from pages.ui.i18n import t

ACTIONS = ("previous", "next", "exit")


def presenter(title: str, position: int, count: int, *, key: str = "presenter") -> str | None:
    """Draw the bar; what was asked for in this run ("previous", "next", "exit"), else None.

    Page Up and Page Down (what a clicker sends) turn the page from anywhere; the arrow keys do when the bar has the focus,
    for elsewhere they belong to the figure.
    """
    labels = {action: t(f"app.present.{action}") for action in ACTIONS}
    render = register("presenter", Path(__file__).parent)
    result = render(
        key=key,
        data={"title": title, "position": f"{position} / {count}", "labels": labels, "name": t("app.present.bar")},
        on_action_change=lambda: None,
    )
    action = result.action
    return action if action in ACTIONS else None
