"""The matcher by itself: one form for a name, marks that are never confused, no community given twice, noise survived."""

from __future__ import annotations

import csv
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.crs_shifted import wgs_to_gcj
from geo.ingest.matching import addresses
from geo.ingest.matching.candidates import edits, metres
from geo.ingest.matching.matcher import match
from geo.ingest.matching.names import number, parse, relation, unified, variants
from geo.ingest.matching.values import Known, Limits, Match, Wanted
from tests.examples import examples
from tests.geo.ingest import noise

REAL = Path(os.environ.get("WANGGE_REAL_FILES") or Path(__file__).parents[4] / "shared" / "data")
STEMS = (
    "翠湖",
    "金色",
    "红星",
    "万科金域",
    "国瑞",
    "双榆树",
    "玉海",
    "和谐",
    "富力桃",
    "长安新",
    "龙泽",
    "碧水云",
)
ENDINGS = ("花园", "家园", "苑", "城", "公寓", "大院", "")
MARKS = ("", "一期", "二期", "三期", "东区", "西区", "A区", "B区", "3号院", "5号院", "东里", "西里")
NUMERALS = "一二三四五六七八九十"
names = st.builds(lambda stem, ending, mark: stem + ending + mark, st.sampled_from(STEMS), st.sampled_from(ENDINGS),
                  st.sampled_from(MARKS))  # fmt: skip


def known(*called: str) -> list[Known]:
    return [Known(f"990101001001C{n:03d}", name) for n, name in enumerate(called, 1)]


def the(matches: list[Match]) -> Match:
    (one,) = matches
    return one


# ---------------------------------------------------------------- one form


@examples(60)
@given(st.text(max_size=40))
def test_one_form_is_idempotent_whatever_the_text(text: str) -> None:
    assert unified(unified(text)) == unified(text)
    assert parse(unified(text)) == parse(text)


@examples(60)
@given(names, st.randoms(use_true_random=False))
def test_ways_of_writing_do_not_change_a_name(name: str, rng: random.Random) -> None:
    assert parse(noise.harmless(name, rng)) == parse(name)


@examples(60)
@given(st.integers(1, 99))
def test_a_numeral_reads_the_same_in_digits_and_in_chinese(value: int) -> None:
    tens, ones = divmod(value, 10)
    written = ("" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens - 1]}十") + (
        NUMERALS[ones - 1] if ones else ""
    )
    assert number(written) == number(str(value)) == str(value)
    assert parse(f"金色家园{written}期") == parse(f"金色家园({value}期)")


@pytest.mark.parametrize(
    ("one", "other"),
    [("翠湖花园一期", "翠湖花园二期"), ("国瑞城东区", "国瑞城西区"), ("槐岸路3号院", "槐岸路5号院"), ("八角北里", "八角南里"),
     ("富力桃园A区", "富力桃园C区"), ("玉海园二里", "玉海园五里"), ("新外大街8号院", "新外大街甲8号院"), ("三里河路", "二里河路"),
     ("曹杨一村", "曹杨二村"), ("八角北路", "八角南路"), ("西山枫林一二期", "西山枫林三期")],
)  # fmt: skip
def test_numbers_phases_and_sides_are_never_confused(one: str, other: str) -> None:
    assert relation(parse(one), parse(other)) == "apart"
    place = (117.3, 31.8)
    there = Known("990101001001C001", other, (), "和平路1号", "东社区", "和平街道", place, 100.0)
    row = Wanted(one, "和平路1号", "东社区", "和平街道", (), place)
    assert the(match([row], [there])).kind == "none", "not even where everything else agrees"


@examples(60)
@given(
    st.sampled_from(STEMS),
    st.sampled_from(ENDINGS),
    st.lists(st.sampled_from(MARKS[1:]), min_size=2, max_size=2, unique=True),
)
def test_a_name_with_another_mark_is_never_certain(stem: str, ending: str, marks: list[str]) -> None:
    mine, theirs = (parse(stem + ending + mark) for mark in marks)
    found = the(match([Wanted(stem + ending + marks[0])], known(stem + ending + marks[1])))
    assert found.kind != "certain"
    schemes = {one[0].isascii() for one in marks}
    if all(one.endswith("区") for one in marks) and len(schemes) == 2:
        assert found.kind == "doubtful", "what one office calls 东区 another may call A区"
    elif {kind for kind, _ in mine.marks} == {kind for kind, _ in theirs.marks}:
        assert found.kind == "none"


def test_a_mark_on_one_side_only_is_asked_about() -> None:
    found = the(match([Wanted("金色家园")], known("金色家园二期")))
    assert (found.kind, found.candidates[0].parts[1].words[0]) == ("doubtful", "仅一方写明“2期”")


def test_former_names_in_brackets_and_the_region_before_a_name_are_understood() -> None:
    assert variants("红星里（原：棉纺厂宿舍）")[1] == "棉纺厂宿舍"
    there = [Known("990101001001C001", "棉纺厂宿舍", (), "", "东社区", "和平街道"), *known("别的小院")[1:]]
    assert the(match([Wanted("红星里（原棉纺厂宿舍）")], there)).kind == "certain"
    assert the(match([Wanted("和平街道棉纺厂宿舍")], there)).kind == "certain"


# ---------------------------------------------------------------- one row, one community


@examples(60)
@given(st.lists(names, min_size=1, max_size=12), st.lists(names, min_size=1, max_size=12))
def test_no_community_is_given_to_two_rows(wanted: list[str], called: list[str]) -> None:
    there = known(*dict.fromkeys(called))
    found = match([Wanted(name) for name in wanted], there)
    given_ = [one.known for one in found if one.known is not None]
    assert len(given_) == len(set(given_))
    for one in found:
        assert (one.kind == "certain") == (one.known is not None)
        assert [c.score for c in one.candidates] == sorted((c.score for c in one.candidates), reverse=True)
    assert found == match([Wanted(name) for name in wanted], there), "the same again"


@examples(60)
@given(names, st.randoms(use_true_random=False))
def test_noise_within_its_limits_still_finds_the_community(name: str, rng: random.Random) -> None:
    """Two harmless ways of writing at once: certain. One character wrong of five or more: among the candidates."""
    there = known(name, "别处的一个大院", "无关新村三期")
    assert the(match([Wanted(noise.harmless(name, rng))], there)).known == 0
    worse = noise.typo(name, rng)
    if len(parse(name).base) >= 5 and parse(worse).marks == parse(name).marks:
        assert 0 in [one.known for one in the(match([Wanted(worse)], there)).candidates]


def test_two_that_are_called_the_same_are_told_apart_by_region_and_place() -> None:
    there = [
        Known("990101001001C001", "阳光花园", (), "", "东社区", "和平街道", (117.30, 31.80), 80.0),
        Known("990101002001C001", "阳光花园", (), "", "西社区", "胜利街道", (117.35, 31.80), 80.0),
    ]
    assert the(match([Wanted("阳光花园")], there)).kind == "doubtful"
    assert the(match([Wanted("阳光花园", neighbourhood="西社区居委会")], there)).known == 1
    assert the(match([Wanted("阳光花园", place=(117.3001, 31.8))], there)).known == 0


def test_another_name_at_the_same_address_is_asked_about_and_never_certain() -> None:
    there = [Known("990101001001C001", "翠湖花园", (), "和平路12号", "", "", (117.3, 31.8), 50.0)]
    found = the(match([Wanted("机床厂老宿舍", "示例市演示区和平路十二号", place=(117.3, 31.8))], there))
    assert found.kind == "doubtful"
    assert [part.about for part in found.candidates[0].parts] == ["name", "address", "near"]


def test_scores_from_which_on_are_the_askers() -> None:
    there = known("翠湖花园")
    row = [Wanted("翠湖花苑")]
    assert the(match(row, there)).kind == "certain"
    assert the(match(row, there, Limits(certain=0.99))).kind == "doubtful"
    assert the(match(row, there, Limits(certain=0.99, doubtful=0.98))).kind == "none"


def test_nothing_known_and_nothing_asked() -> None:
    assert match([], known("翠湖花园")) == []
    assert the(match([Wanted("翠湖花园")], [])).kind == "none"
    assert the(match([Wanted("")], known("翠湖花园"))).kind == "none"


# ---------------------------------------------------------------- addresses, distances


@pytest.mark.parametrize(
    ("text", "road", "house"),
    [("合肥市蜀山区长江西路１２８号（近大润发）", "长江西路", "128"), ("和平街道东社区建设路甲5号院", "建设路", "甲5"),
     ("北京市朝阳区新外大街二十八号", "新外大街", "28"), ("解放巷", "解放巷", ""), ("某处", "", ""), ("中山路12-3号", "中山路", "12")],
)  # fmt: skip
def test_an_address_is_a_road_and_a_number(text: str, road: str, house: str) -> None:
    assert addresses.parse(text) == addresses.Address(road, house)


@examples(60)
@given(
    st.lists(
        st.tuples(st.text("翠湖花园金色", max_size=6), st.text("翠湖花园金色", max_size=6)),
        min_size=1,
        max_size=5,
    )
)
def test_edits_are_a_distance(pairs: list[tuple[str, str]]) -> None:
    ones, others = zip(*pairs, strict=True)
    there, back = edits(ones, others), edits(others, ones)
    assert (there == back).all()
    for (one, other), steps in zip(pairs, there.tolist(), strict=True):
        assert abs(len(one) - len(other)) <= steps <= max(len(one), len(other))
        assert (steps == 0) == (one == other)


def test_metres_are_metres() -> None:
    here, there = np.array([[117.0, 31.0]]), np.array([[117.0, 31.001]])
    assert metres(here, there)[0] == pytest.approx(111.2, abs=0.5)
    assert 300 < metres(here, wgs_to_gcj(here))[0] < 900


# ---------------------------------------------------------------- real names


def real() -> list[tuple[str, str]]:
    path = REAL / "cn_xiaoqu_attributes" / "beijing_imm_community_readable.csv"
    if not path.exists():
        pytest.skip("the collection of real files is not here")
    with path.open(encoding="utf-8") as file:
        return [(row["title"], row["bizcircle"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("change", "recall"),
    [(noise.harmless, 0.98), (noise.ending, 0.95), (noise.dropped, 0.55), (noise.typo, 0.15)],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_real_names_are_found_and_hardly_ever_wrongly(change: noise.Change, recall: float) -> None:
    """510 communities of Beijing, a fifth of them not among the known: what is taken without asking is right."""
    rng = random.Random(1)
    all_names = real()
    absent = set(rng.sample(range(len(all_names)), len(all_names) // 5))
    there = [Known(f"{i:012d}C001", name) for i, (name, _) in enumerate(all_names) if i not in absent]
    at = {one.name: position for position, one in enumerate(there)}
    found = match([Wanted(change(name, rng)) for name, _ in all_names], there)
    taken = [
        (at.get(name), one.known)
        for (name, _), one in zip(all_names, found, strict=True)
        if one.known is not None
    ]
    right = sum(truth == got for truth, got in taken)
    assert right / len(taken) >= 0.985
    assert right / len(there) >= recall


def test_every_real_name_finds_itself_and_no_neighbour() -> None:
    all_names = [name for name, _ in real()]
    found = match([Wanted(name) for name in all_names], known_all(all_names))
    assert [(one.kind, one.known) for one in found] == [("certain", i) for i in range(len(all_names))]


def known_all(called: list[str]) -> list[Known]:
    return [Known(f"{i:012d}C001", name) for i, name in enumerate(called)]


# ---------------------------------------------------------------- a sheet as an office keeps it

PLACES = (
    ("金色家园", "东社区", "和平路街道", "和平路10号"), ("金色家园二期", "东社区", "和平路街道", "和平路12号"),
    ("和平新村", "东社区", "和平路街道", "和平路55-61号"), ("和平新村", "北社区", "胜利路街道", "胜利路99号"),
    ("红星里", "东社区", "和平路街道", "红星路5号"), ("机床厂宿舍", "东社区", "和平路街道", "铁路街3号"),
    ("恒大中央广场", "西社区", "胜利路街道", ""), ("站前路88弄", "西社区", "胜利路街道", ""),
    ("银屏花园A区", "西社区", "胜利路街道", ""), ("翠湖花园", "东社区", "和平路街道", ""),
)  # fmt: skip
DISTRICT = [
    Known(f"99010100{1 if upper == '和平路街道' else 2}001C{n:03d}", name, ("棉纺厂宿舍",) if n == 5 else (), address,
          lower, upper)
    for n, (name, lower, upper, address) in enumerate(PLACES, 1)
]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "which"),
    [
        (Wanted("和平新村", "和平路57号"), 3), (Wanted("和平新村", "胜利路99号"), 4),
        (Wanted("和平新村（胜利路街道）"), 4), (Wanted("和平路街道和平新村"), 3), (Wanted("原棉纺厂宿舍"), 5),
        (Wanted("站前路八十八弄"), 8), (Wanted("翠湖花园（安置房）"), 10), (Wanted("翠湖花苑"), 10),
        (Wanted("金色家園（２期）"), 2),
    ],
)  # fmt: skip
def test_a_messy_row_is_found_by_itself(wanted: Wanted, which: int) -> None:
    found = the(match([wanted], DISTRICT))
    assert (found.kind, found.known) == ("certain", which - 1)


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (Wanted("机床厂花园", neighbourhood="东社区"), 6), (Wanted("恒大中央广场公寓"), 7), (Wanted("和平新村"), 3),
        (Wanted("翠湖花园（胜利路街道）"), 10), (Wanted("胜利路街道翠湖花园"), 10), (Wanted("翠湖花园（悦府）"), 10),
        (Wanted("金色家园一期"), 1), (Wanted("金色家园幼儿园"), 1), (Wanted("银屏花园东区"), 9),
        (Wanted("", "和平路57号"), 3),
    ],
)  # fmt: skip
def test_what_may_be_another_is_asked_and_never_taken(wanted: Wanted, first: int) -> None:
    found = the(match([wanted], DISTRICT))
    assert (found.kind, found.candidates[0].known) == ("doubtful", first - 1)


def test_a_range_of_numbers_holds_those_between_and_a_sub_number_is_none() -> None:
    ranged = addresses.parse("淮河路12号至20号")
    assert (ranged.number, ranged.last) == ("12", "20")
    for address, how in (("淮河路16号", "within"), ("淮河路22号", "road")):
        found = addresses.compare(ranged, addresses.parse(address))
        assert found is not None
        assert found[1] == how
    assert addresses.parse("胜利路18-1号").last == ""
