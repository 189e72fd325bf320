"""A design in an address: its text, compressed."""

from __future__ import annotations

import base64
import binascii
import zlib

from cnn_core.designs.text import MOST_TEXT
from cnn_core.errors import DesignError

MOST_PACKED = 6_000  # characters: browsers, proxies and chats pass on addresses of at least 8,000


def pack(text: str) -> str:
    """The text in letters that an address takes.

    Raises:
        DesignError: it is too long for a link, even compressed: share the file.

    >>> unpack(pack("input 1x28x28"))
    'input 1x28x28'
    """
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(packed) > MOST_PACKED:
        raise DesignError(
            f"this design would make a link of {len(packed):,} characters, more than {MOST_PACKED:,}: share it as a file",
            code="design_link_long", length=len(packed), most=MOST_PACKED,
        )
    return packed


def unpack(packed: str) -> str:
    """The text that ``pack`` was given; what is unpacked is bounded, whatever the link says.

    Raises:
        DesignError: it is no such link, or damaged.
    """
    try:
        if len(packed) > MOST_PACKED:
            raise ValueError(f"{len(packed)} characters")
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, 4 * MOST_TEXT)
        if not unpacker.eof:
            raise ValueError("cut off, or too long")
        return text.decode()
    except (ValueError, binascii.Error, zlib.error) as error:
        raise DesignError(
            "this link to a design is damaged: copy the whole address", code="design_bad_link", reason=str(error)
        ) from None
