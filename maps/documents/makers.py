"""Which papers of a round there are (招标文件): what makes each, its media type, its name in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from maps.documents import annex, lot_schedule, map_book
from maps.documents.papers import RoundPaper, Step


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes a paper, watched step by step; `title` is what its file is called beside the round's name."""

    make: Callable[[RoundPaper, Step], bytes]
    media_type: str
    title: str


MAKERS: Final = {
    "lots.xlsx": Maker(lot_schedule.lot_schedule, lot_schedule.MEDIA_TYPE, "标段一览表"),
    "annex.docx": Maker(annex.annex, annex.MEDIA_TYPE, "招标文件附件"),
    "maps.pdf": Maker(map_book.map_book, map_book.MEDIA_TYPE, "标包图册"),
}
"""File → its maker."""
