from __future__ import annotations

import pytest

from geo.errors import BadInput
from geo.ingest.columns import kind_of, map_columns
from geo.ingest.fields import KINDS, Kind


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_our_own_headers_name_their_kind_and_every_field(kind: Kind) -> None:
    headers = [field.header for field in kind.fields]
    assert kind_of(headers, kind.shape != "none")[0] == kind
    mapping = map_columns(headers, kind)
    assert [match.field for match in mapping.matches] == [field.name for field in kind.fields]
    assert {match.score for match in mapping.matches} == {1.0}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_canonical_names_are_understood(kind: Kind) -> None:
    names = [field.name for field in kind.fields]
    assert map_columns(names, kind).columns() == dict(zip(names, names, strict=True))


def test_aliases_and_missing_units_are_understood_with_a_lower_score() -> None:
    mapping = map_columns(["小区编码", "小区名", "建筑面积", "总户数", "天气"], KINDS["communities"])
    assert {match.column: (match.field, match.score) for match in mapping.matches} == {
        "小区编码": ("code", 1.0),
        "小区名": ("name", 0.9),
        "建筑面积": ("floor_area", 0.95),
        "总户数": ("households", 0.9),
        "天气": (None, 0.0),
    }


def test_a_code_is_never_guessed_by_likeness() -> None:
    assert map_columns(["网格编码甲"], KINDS["grids"]).columns() == {}


def test_two_columns_for_one_field_are_a_question() -> None:
    mapping = map_columns(["小区编码", "小区名称", "总户数", "居民户数"], KINDS["communities"])
    assert mapping.clashes == {"households": ("总户数", "居民户数")}
    chosen = map_columns(
        ["小区编码", "小区名称", "总户数", "居民户数"], KINDS["communities"], {"居民户数": "households"}
    )
    assert (chosen.clashes, chosen.columns()["households"]) == ({}, "居民户数")


def test_a_table_that_could_be_anything_is_nothing() -> None:
    assert kind_of(["甲", "乙"], True) == (None, list(KINDS))


def test_a_mapping_must_name_what_exists() -> None:
    with pytest.raises(BadInput, match="no column"):
        map_columns(["小区编码"], KINDS["communities"], {"甲": "name"})
    with pytest.raises(BadInput, match="no field"):
        map_columns(["小区编码"], KINDS["communities"], {"小区编码": "weather"})


def test_a_cut_name_that_is_also_a_whole_one_is_asked_unless_another_column_settles_it() -> None:
    kind = KINDS["communities"]
    asked = map_columns(["小区编", "小区名", "物业费"], kind, cut={"小区编", "小区名", "物业费"})
    assert asked.doubtful == {"物业费": ("fee", "collection_rate")}  # UTF-8 cuts 物业费收缴率 there
    assert "fee" not in asked.columns()
    columns = ["小区编", "小区名", "物业费", "收缴率"]
    settled = map_columns(columns, kind, cut=set(columns))
    assert not settled.doubtful
    assert (settled.columns()["fee"], settled.columns()["collection_rate"]) == ("物业费", "收缴率")
