"""The Chinese typeface of printed maps: its outlines go into the PDF, so that no reader needs a font.

The files come with the other third-party files of the build (Noto Sans SC, SIL Open Font License 1.1), never from the
machine that serves or reads. Only the characters that a document uses are embedded.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLACE: Final = Path(__file__).parents[1] / "assets" / "vendor" / "@expo-google-fonts" / "noto-sans-sc"
FILES: Final = {
    "wangge": "400Regular/NotoSansSC_400Regular.ttf",
    "wangge-bold": "700Bold/NotoSansSC_700Bold.ttf",
}
REGULAR, BOLD = "wangge", "wangge-bold"
REPLACEMENT: Final = "〓"
"""Stands for a character that the typeface lacks (缺字符), as printers have it."""


class FontsMissing(Exception):
    """The typeface is not there; the message says what to do."""


@cache
def ready() -> None:
    """Make the typeface known; raises FontsMissing where the build has not brought it."""
    for name, file in FILES.items():
        path = PLACE / file
        if not path.exists():
            raise FontsMissing(f"{path.name} is missing: run python -m maps.build")
        pdfmetrics.registerFont(TTFont(name, str(path)))


def width(text: str, size: float, font: str = REGULAR) -> float:
    """Return the width of a text in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def known(text: str, font: str = REGULAR) -> str:
    """Return the text with a mark in place of each character that the typeface lacks."""
    glyphs = pdfmetrics.getFont(font).face.charToGlyph
    return "".join(each if ord(each) in glyphs else REPLACEMENT for each in text)


def fitted(text: str, room: float, size: float, font: str = REGULAR) -> str:
    """Return the text, cut with an ellipsis where it is wider than the room in points."""
    if width(text, size, font) <= room:
        return text
    while text and width(f"{text}…", size, font) > room:
        text = text[:-1]
    return f"{text}…"
