"""Why a row was matched, asked about or left, in both languages."""

from __future__ import annotations

from geo.ingest.matching import addresses
from geo.ingest.matching.names import Name
from geo.ingest.matching.values import Known, Sentence

Told = tuple[str, Name] | None


def of_names(mine: Told, theirs: Told, name: str) -> Sentence:
    """Say how two names compare."""
    if mine is None or theirs is None:
        return ("名称不同", "the names differ")
    by = theirs[0] if theirs[0] != name else ""
    former = (f"与别名“{by}”", f"its other name {by!r}: ") if by else ("名称", "the names: ")
    one, other = mine[1], theirs[1]
    if one.base == other.base:
        return (f"{former[0]}相同", f"{former[1]}the same")
    if one.core == other.core:
        return (f"{former[0]}仅通名不同", f"{former[1]}only the ending differs")
    shared = [sign for sign in dict.fromkeys(one.base) if sign in other.base]
    if not shared:
        return ("名称不同", "the names differ")
    together = "".join(shared)
    return (f"{former[0]}相近（同有“{together}”）", f"{former[1]}alike (both have {together!r})")


def of_marks(mine: Name, theirs: Name) -> Sentence:
    """Say which of the marks only one side names."""
    if mine.marks == theirs.marks and mine.core == theirs.core:
        return (
            f"通名不是一类：{mine.base} / {theirs.base}",
            f"endings of two kinds: {mine.base} / {theirs.base}",
        )
    marks = [f"{value}{kind}" for kind, value in sorted(mine.marks ^ theirs.marks)]
    listed = "、".join(marks or sorted(set(mine.base) ^ set(theirs.base)))
    return (f"仅一方写明“{listed}”", f"only one side says {listed!r}")


def of_addresses(mine: str, theirs: str) -> Sentence:
    """Say how two addresses compare."""
    one, other = addresses.parse(mine), addresses.parse(theirs)
    told = addresses.compare(one, other)
    if told is None:
        return ("地址无法比较", "the addresses cannot be compared")
    if told[1] == "same":
        return (f"地址相同：{one.road}{one.number}号", f"the same address: {one.road} {one.number}")
    if told[1] == "within":
        ranged = one if one.last else other
        return (
            f"门牌在范围内：{ranged.road}{ranged.number}—{ranged.last}号",
            f"within the numbers {ranged.number}–{ranged.last} of {ranged.road}",
        )
    if told[1] == "road":
        return (f"同在{one.road}，门牌不同", f"both on {one.road}, another number")
    return (f"道路不同：{one.road} / {other.road}", f"other roads: {one.road} / {other.road}")


def of_distance(away: float, reach: float) -> Sentence:
    """Say how far a row's point lies."""
    if away <= reach:
        return ("点位在小区范围内", "the point lies within the community")
    return (f"相距 {away:,.0f} 米", f"{away:,.0f} m away")


def of_region(score: float, there: Known) -> Sentence:
    """Say whether the region that a row names holds the community."""
    where = "".join((there.subdistrict, there.neighbourhood))
    if score >= 1:
        return (f"所属一致：{where}", f"in the region that the row names: {where}")
    if score > 0:
        return (f"街道一致，社区不同：{where}", f"the same sub-district, another neighbourhood: {where}")
    return (f"所属不同：{where}", f"in another region: {where}")


NOBODY: Sentence = ("库中没有相近的小区", "no community that is there comes near")
SEVERAL: Sentence = ("有几个小区同样相近", "several communities come equally near")
CAPPED: Sentence = (
    "只有一方写明期、区、号或方位，或通名不同类",
    "only one side names a phase, zone, number or side, or the endings differ in kind",
)
UNSURE: Sentence = ("相近，但不足以自动匹配", "near, but not near enough to be taken by itself")


def rivals(rows: list[int]) -> Sentence:
    """Say which other rows want the same community."""
    return (
        f"第 {'、'.join(map(str, rows[:5]))} 行也匹配到同一小区",
        f"row {', '.join(map(str, rows[:5]))} wants the same community",
    )


def taken(row: int) -> Sentence:
    """Say that another row has the community."""
    return (f"最相近的小区已属第 {row} 行", f"the nearest community is row {row}'s")
