"""What each format cannot hold (损失): told with every export, written in the documentation, held by the tests.

What is not named here comes back equal: every code, name and known figure, every shape to the last digit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from geo.crs import BD09, GCJ02, Sentence


class Loss(NamedTuple):
    """One thing that a format cannot hold, in both languages."""

    key: str
    zh: str
    en: str

    @property
    def sentence(self) -> Sentence:
        """The loss in Chinese and in English."""
        return self.zh, self.en


NO_SHAPES: Final = Loss("no_shapes", "没有图形", "no shapes")
DEGREES: Final = Loss(
    "degrees", "坐标只能是经纬度（WGS 84）", "coordinates in longitude and latitude (WGS 84) only"
)
ROUNDED: Final = Loss(
    "rounded", "坐标为十五位有效数字（约 1e-12 度）", "coordinates of fifteen figures (some 1e-12 degrees)"
)
SHORT_NAMES: Final = Loss("short_names", "字段名限 10 字节", "field names of ten bytes")
SHORT_TEXTS: Final = Loss("short_texts", "文字限 254 字节", "texts of 254 bytes")
NOT_WRITTEN: Final = Loss("not_written", "不含“原文”", "not what an office once wrote beside a value")
ENGLISH_NAMES: Final = Loss("english_names", "字段名为英文", "field names in English")
TEXT_ONLY: Final = Loss("text_only", "数字按文字保存，读入时还原", "figures as text, read as figures again")
FIGURES: Final = Loss("figures", "小数为十五位有效数字", "decimals of fifteen figures")
ONE_DIMENSION: Final = Loss("one_dimension", "线和面不能同在一个文件", "lines and areas not in one file")

UNNAMED: Final = Loss(
    "unnamed_system",
    "文件里写不下坐标系（GCJ-02、BD-09 没有通用代号），读入时要指明",
    "the name of the system (GCJ-02 and BD-09 have none that programs know): say it when the file is read",
)

LOSSES: Final[dict[str, tuple[Loss, ...]]] = {
    "gpkg": (),
    "fgb": (),
    "parquet": (),
    "geojson": (DEGREES,),
    "topojson": (DEGREES,),
    "zip": (SHORT_NAMES, SHORT_TEXTS, NOT_WRITTEN, ONE_DIMENSION),
    "kml": (DEGREES, ROUNDED, TEXT_ONLY, FIGURES),
    "gml": (ROUNDED, FIGURES, ENGLISH_NAMES),
    "xlsx": (NO_SHAPES, FIGURES),
    "csv": (NO_SHAPES,),
}
"""By format of export: what it cannot hold."""
SHAPES_ONLY: Final = ("zip", "fgb", "kml", "gml", "topojson", "parquet")
"""Formats for kinds with shapes; the others hold any kind."""


def lost(format_: str, epsg: int) -> tuple[Loss, ...]:
    """Return what a file of a format loses in a system of `geo.crs`."""
    unnamed = epsg in (GCJ02, BD09) and NO_SHAPES not in LOSSES[format_]
    return (*LOSSES[format_], UNNAMED) if unnamed else LOSSES[format_]


def loses(format_: str, *losses: Loss) -> bool:
    """Whether a format has one of these losses."""
    return any(loss in LOSSES[format_] for loss in losses)
