"""What an installation may choose, and how it may be written."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from geo.settings import Settings


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_way_to_write_postgresql_names_the_driver_that_is_installed(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://me:p%40ss@db.example:5433/map?sslmode=require")
    assert settings.database_url == "postgresql+psycopg2://me:p%40ss@db.example:5433/map?sslmode=require"


def test_without_an_address_the_database_is_our_own() -> None:
    assert Settings(database_url="").database_url is None
    assert Settings().database_url is None


@pytest.mark.parametrize(
    "address",
    ["mysql://me@db/map", "postgresql+asyncpg://me@db/map", "db.example/map", "postgres://me@db:x/map"],
)
def test_another_kind_of_database_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="write postgresql://"):
        Settings(database_url=address)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"basemaps": "tianditu-vec"}, "WANGGE_TIANDITU_KEY"),
        ({"basemaps": "folder"}, "WANGGE_BASEMAP_FOLDER"),
        ({"basemaps": "pmtiles"}, "WANGGE_BASEMAP_FILE"),
        ({"basemaps": "osm"}, "WANGGE_OSM_URL"),
        ({"basemaps": "elsewhere"}, "no base map 'elsewhere'"),
        ({"amap_host": "https://a.example; script-src *"}, "write https://host"),
        ({"osm_url": "https://a.example/{z}/{x}/{y}.png' *"}, "write https://host"),
        ({"tianditu_host": "javascript:alert(1)"}, "write https://host"),
        ({"osm_url": "https://tile.example/osm"}, "WANGGE_OSM_URL lacks {z}, {x}, {y}"),
        ({"osm_url": "https://tile.example/{z}/{x}.png"}, "WANGGE_OSM_URL lacks {y}"),
        ({"osm_url": "https://tile.example/{z}/{x}/{y}{r}.png"}, "WANGGE_OSM_URL holds {r}"),
        ({"tianditu_host": "https://t{n}.example"}, "WANGGE_TIANDITU_HOST holds {n}"),
    ],
)
def test_a_base_map_without_what_it_needs_or_at_no_host_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)) as refused:
        Settings(tianditu_key=None if "basemaps" in given else "geheim", **given)
    assert "geheim" not in str(refused.value)


def test_an_address_of_tiles_with_every_mark_is_taken() -> None:
    address = "https://{s}.tile.example/{z}/{x}/{y}.png?key=a"
    assert Settings(osm_url=address).osm_url == address
    assert (
        Settings(amap_host="https://wprd0{s}.is.autonavi.com").amap_host == "https://wprd0{s}.is.autonavi.com"
    )


def test_base_maps_and_review_numbers_are_read_from_one_line_each() -> None:
    settings = Settings(
        basemaps="amap, tianditu-img",
        tianditu_key="geheim",
        basemap_approvals="amap=GS(2024)1号; tianditu=GS(2024)2号",
    )
    assert settings.basemaps == ("amap", "tianditu-img")
    assert settings.basemap_approvals == {"amap": "GS(2024)1号", "tianditu": "GS(2024)2号"}
    assert "geheim" not in repr(settings)
    assert Settings().basemaps == ()
