"""The money of a round on figures of record, and its layers as a GeoPackage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from tests.api import world
from tests.api.routes.conftest import RULES, Desk

FORM = f"/api/communities/{world.COMMUNITY}"
WUXIANG = 1_613_398
"""Square metres whose subsidy of 1 yuan came to 1.613398 million."""


def correct(desk: Desk, **fields: Any) -> None:
    tag = {"If-Match": desk.user("officer").get(f"{FORM}/fields").headers["ETag"]}
    assert (
        desk.user("officer").post(f"{FORM}/corrections", json={"fields": fields}, headers=tag).status_code
        == 200
    )


def round_with(desk: Desk, **terms: Any) -> int:
    lots = [{"name": "甲", "units": [world.COMMUNITY], "ceiling_fen": 100}]
    body = {"name": "一轮", "rules": RULES, "terms": {"start": "2027-01-01", **terms}, "packages": lots}
    saved = desk.user("officer").post("/api/rounds", json=body)
    assert saved.status_code == 201, saved.text[:400]
    assert saved.json()["packages"][0]["ceiling_fen"] == 100
    return int(saved.json()["id"])


def money(desk: Desk, **terms: Any) -> dict[str, Any]:
    return desk.get(f"/api/rounds/{round_with(desk, **terms)}/money")


def test_the_subsidy_of_record(small: Desk) -> None:
    correct(small, floor_area=WUXIANG)
    found = money(small, subsidy=["1"], years=1, budgets={"2027": "1613398.00"})
    assert found["packages"][0]["years"][0]["subsidy"] == "1613398.00"
    assert found["calendar"] == [
        {"year": 2027, "needed": "1613398.00", "budget": "1613398.00", "left": "0.00"}
    ]


def test_a_subsidy_that_falls_over_three_years(small: Desk) -> None:
    correct(small, floor_area=WUXIANG)
    found = money(small, subsidy=["0.3", "0.2", "0.1"], budgets={"2027": "400000", "2028": "400000"})
    assert [year["subsidy"] for year in found["total"]["years"]] == ["484019.40", "322679.60", "161339.80"]
    assert [line["left"] for line in found["calendar"]] == ["-84019.40", "77320.40", None]


def test_below_cost_by_how_much_and_what_would_balance_it(small: Desk) -> None:
    correct(small, floor_area=10_000, fee=0.8, collection_rate=0.5)
    (lot,) = money(small, subsidy=["1"], cost_per_m2="1")["packages"]
    short = lot["short"]
    assert {name: short[name] for name in ("year", "by", "fee_more", "rate", "subsidy", "cost")} == {
        "year": 1, "by": "62000.00", "fee_more": "1.04", "rate": None, "subsidy": "7.20", "cost": "0.48",
    }  # fmt: skip
    assert "1.04" in short["zh"]
    assert "1.04" in short["en"]


def test_what_is_unknown_stays_unknown_and_is_counted(small: Desk) -> None:
    (lot,) = money(small, subsidy=["1"], cost_per_m2="1")["packages"]
    assert (lot["years"][0]["income"], lot["years"][0]["balance"], lot["short"]) == (None, None, None)
    assert lot["unknown"] == {"floor_area": 0, "households": 0, "fee": 1, "collection_rate": 1}
    assert lot["known"] == {"income": "0", "subsidy": "9000.00", "cost": "108000.00"}


@pytest.mark.parametrize(
    "bad", [{"subsidy": ["-1"]}, {"years": 0}, {"cost_per_m2": "NaN"}, {"budgets": {"2027": "-1"}}]
)
def test_terms_that_cannot_be_are_refused(small: Desk, bad: dict[str, Any]) -> None:
    body = {"name": "x", "rules": RULES, "terms": bad, "packages": []}
    assert small.user("officer").post("/api/rounds", json=body).status_code == 422


def test_a_round_as_a_geopackage(small: Desk, tmp_path: Path) -> None:
    number = round_with(small)
    answer = small.user("supervisor").get(f"/api/rounds/{number}/documents/round.gpkg")
    assert answer.status_code == 200, answer.text[:300]
    path = tmp_path / "round.gpkg"
    path.write_bytes(answer.content)
    lots, units = gpd.read_file(path, layer="标包"), gpd.read_file(path, layer="标包明细")
    assert (lots.crs.to_epsg(), len(lots), len(units)) == (4490, 1, 1)
    assert (lots["标包名称"][0], lots["户数"][0], lots["状态"][0]) == ("甲", 100, "待定标")
    assert (units["编码"][0], units["业主表决"][0]) == (world.COMMUNITY, "通过")
    assert lots.geometry[0].equals(units.geometry[0])
