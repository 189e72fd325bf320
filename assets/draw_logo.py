"""Draws the logo: the course's horizontal-edge kernel, blue for 1, white for 0, red for −1. ``python assets/draw_logo.py``."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).parent
ROWS = ("#5b5bd6", "#c9cbe8", "#e5484d")  # + 0 −
CELL, GAP, RADIUS = 26, 6, 5


def mark_svg() -> str:
    step = CELL + GAP
    return "".join(
        f'<rect x="{GAP + c * step}" y="{GAP + r * step}" width="{CELL}" height="{CELL}" rx="{RADIUS}" fill="{color}"/>'
        for r, color in enumerate(ROWS)
        for c in range(3)
    )


def logo_svg() -> str:
    """The mark and the name, as shapes of one colour that reads on light and on dark."""
    side = 3 * CELL + 4 * GAP
    name = (
        f'<text x="{side + 14}" y="{side * 0.68:.0f}" font-family="Source Sans, Source Sans Pro, Segoe UI, Helvetica, Arial, sans-serif" '
        'font-size="62" font-weight="700" textLength="270" lengthAdjust="spacingAndGlyphs" fill="#7c7ae6">Convolab</text>'
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 {side}" role="img" aria-label="Convolab">{mark_svg()}{name}</svg>\n'


def icon_png() -> Image.Image:
    scale, side = 4, 3 * CELL + 4 * GAP
    big = Image.new("RGBA", (side * scale, side * scale))
    pen = ImageDraw.Draw(big)
    for r, color in enumerate(ROWS):
        for c in range(3):
            x, y = (GAP + i * (CELL + GAP) for i in (c, r))
            pen.rounded_rectangle([v * scale for v in (x, y, x + CELL, y + CELL)], RADIUS * scale, fill=color)
    return big.resize((128, 128), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    (HERE / "logo.svg").write_text(logo_svg(), "utf-8")
    icon_png().save(HERE / "icon.png", optimize=True)
