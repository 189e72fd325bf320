"""What something was computed on, in the page's language."""

from __future__ import annotations

import re

from pages.ui.i18n import t, tn
from pages.ui.plain import plain

_CPU = re.compile(r"CPU, (\d+) threads?")


def device_name(text: str) -> str:
    """What a job computed on, as `cnn_core.training.devices.describe` says it: a GPU's name is everybody's, the rest is worded here."""
    if threads := _CPU.fullmatch(text):
        return tn("training.device.cpu", int(threads[1]))
    return t("training.device.mps") if text == "Apple GPU" else plain(text)
