"""The pages of the app: every folder of ``pages/`` that holds a ``page.py``.

Its ``__init__.py`` says where it stands (``ORDER``, ``SECTION``, ``ICON``) and its catalogue what it is called (``<folder>.title``).
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from pathlib import Path

PAGES = Path(__file__).parents[1]


@dataclass(frozen=True)
class Topic:
    """One page. ``id`` is its folder and its address; ``section`` the heading it stands under."""

    id: str
    order: int
    section: str
    icon: str


@functools.cache
def topics() -> tuple[Topic, ...]:
    """The pages in their order; the first is the one at ``/``."""
    found = []
    for script in PAGES.glob("*/page.py"):
        folder = script.parent.name
        about = importlib.import_module(f"pages.{folder}")
        found.append(Topic(folder, about.ORDER, about.SECTION, about.ICON))
    return tuple(sorted(found, key=lambda topic: topic.order))
