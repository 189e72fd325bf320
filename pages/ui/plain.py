"""Text of unknown origin (a file's name, a word from the address) made harmless wherever it is drawn."""

from __future__ import annotations

import re

# A file may be called "<b>$x$ :red[hi]" and an address may hold "![x](//elsewhere/a.png)", which Markdown would fetch. The signs
# that Markdown and HTML act on are shown by their look-alikes, so that the text still reads as it was written.
_LOOKALIKES = str.maketrans({
    "<": "‹", ">": "›", "[": "⟦", "]": "⟧", "*": "∗", "`": "ˋ", "$": "＄", "\\": "＼", "~": "∼", "&": "＆",
    "|": "¦", "#": "＃",
})  # fmt: skip
_SHORTCODE = re.compile(r":(?=[\w/+-]+[:⟦])")  # :smile: and :red[…]; the colon of "block:add" is only a colon
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # an underscore inside a word (IMG_2024) is only an underscore


def plain(text: str) -> str:
    """The text with no sign left that Markdown or HTML would act on.

    >>> plain("![x](//elsewhere/a.png) __b__")
    '!⟦x⟧(//elsewhere/a.png) ˍˍbˍˍ'
    """
    return _EMPHASIS.sub("ˍ", _SHORTCODE.sub("∶", text.translate(_LOOKALIKES)))
