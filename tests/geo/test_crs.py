from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo.crs import declared_epsg, identify, parse_crs, to_stored, zones
from geo.errors import BadInput

HEFEI = (117.3, 31.86)
IN_4527 = (39_528_000.0, 3_526_000.0, 39_529_000.0, 3_527_000.0)
IN_4548 = (528_000.0, 3_526_000.0, 529_000.0, 3_527_000.0)
DEGREES = (117.2, 31.8, 117.4, 31.9)


@pytest.mark.parametrize("zone", zones().values(), ids=lambda zone: str(zone.epsg))
def test_zones_are_as_the_epsg_registry_has_them(zone: object) -> None:
    operation = CRS(zone.epsg).coordinate_operation  # type: ignore[attr-defined]
    assert operation is not None
    values = {one.name: one.value for one in operation.params}
    assert values["Longitude of natural origin"] == zone.meridian  # type: ignore[attr-defined]
    assert values["False easting"] == (zone.number or 0) * 1e6 + 5e5  # type: ignore[attr-defined]


def test_the_point_measured_at_hefei() -> None:
    for epsg, east in ((4527, 39528390.990), (4548, 528390.990)):
        transform = to_stored(epsg)
        assert transform is not None
        np.testing.assert_allclose(transform(np.array([[east, 3526367.686]])), [HEFEI], atol=1e-8)


def test_a_declaration_that_the_eastings_carry_is_believed() -> None:
    found = identify(4527, IN_4527)
    assert found.epsg == 4527
    assert [english for _, english in found.evidence] == [
        "declared by the file: EPSG:4527",
        "eastings 39528000–39529000 carry zone 39",
        "the numbers agree",
    ]


@pytest.mark.parametrize(
    ("declared", "bounds"), [(4548, IN_4527), (4527, IN_4548), (4490, IN_4527), (4528, IN_4527)]
)
def test_a_declaration_that_the_eastings_contradict_is_asked(
    declared: int, bounds: tuple[float, ...]
) -> None:
    assert identify(declared, bounds).epsg is None  # type: ignore[arg-type]


def test_nothing_declared_is_asked_with_what_it_could_be() -> None:
    assert identify(None, IN_4527).candidates == (4527,)
    assert identify(None, DEGREES).candidates == (4490, 4326)
    assert len(identify(None, IN_4548).candidates) == 21


def test_latitude_first_is_noticed() -> None:
    assert "latitude first" in identify(None, (31.8, 117.2, 31.9, 117.4)).evidence[0][1]


def test_a_choice_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadInput, match="carry zone 39"):
        identify(None, IN_4527, 4548)


@pytest.mark.parametrize(
    "name", ["EPSG:2364", "EPSG:4610", "EPSG:2410", "EPSG:4214", "EPSG:3857", "EPSG:32650"]
)
def test_other_systems_are_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        declared_epsg(name)
    assert caught.value.extra["zh"]


@pytest.mark.parametrize("epsg", [4490, 4326, 4527, 4548, 4499])
def test_well_known_texts_of_every_kind_are_read(epsg: int) -> None:
    for version in ("WKT2_2019", "WKT1_GDAL", "WKT1_ESRI"):
        assert declared_epsg(CRS(epsg).to_wkt(version)) == epsg


def test_what_people_type() -> None:
    assert (parse_crs("EPSG:4527"), parse_crs(" epsg:4490"), parse_crs("4548")) == (4527, 4490, 4548)
    for wrong in ("GCJ", "", "EPSG:9", "EPSG:3857"):
        with pytest.raises(BadInput):
            parse_crs(wrong)


@given(st.floats(-1e5, 1e5), st.floats(3.4e6, 3.6e6))
def test_the_same_vertex_always_lands_on_the_same_place(offset: float, north: float) -> None:
    transform = to_stored(4527)
    assert transform is not None
    point = [39_500_000 + offset, north]
    alone = transform(np.array([point]))
    among = transform(np.array([[39_500_000.0, 3.5e6], point, point]))
    assert (among[1:] == alone).all()
