"""Shifted systems there and back, and fits by control points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from geo.crs import BD09, GCJ02, identify, label, parse_crs, to_stored
from geo.crs_control import fit_control, parse_control
from geo.crs_shifted import bd_to_wgs, gcj_to_bd, gcj_to_wgs, wgs_to_gcj
from geo.errors import BadInput

places = st.tuples(st.floats(73.6, 134.7), st.floats(18.2, 53.5))


@given(places)
def test_there_and_back_is_less_than_a_micrometre(place: tuple[float, float]) -> None:
    points = np.array([place])
    metre = 1 / 111_320
    shifted = wgs_to_gcj(points)
    assert np.abs(gcj_to_wgs(shifted) - points).max() < 1e-6 * metre
    assert np.abs(bd_to_wgs(gcj_to_bd(shifted)) - points).max() < 1e-6 * metre


def test_the_published_example_and_the_size_of_the_shifts() -> None:
    beijing = np.array([[116.404, 39.915]])
    np.testing.assert_allclose(wgs_to_gcj(beijing), [[116.41024449916938, 39.91640428150164]], atol=1e-12)
    geod = Geod(ellps="GRS80")
    cities = np.array([[117.28, 31.86], [116.4, 39.9], [114.3, 30.6], [121.47, 31.23]])
    for shifted, low, high in ((wgs_to_gcj(cities), 450, 650), (gcj_to_bd(wgs_to_gcj(cities)), 1000, 1400)):
        metres = geod.inv(*cities.T, *shifted.T)[2]
        assert ((metres > low) & (metres < high)).all()


def test_nothing_is_shifted_abroad() -> None:
    paris = np.array([[2.35, 48.86]])
    assert np.array_equal(wgs_to_gcj(paris), paris)


@pytest.mark.parametrize(
    ("text", "code"),
    [("GCJ-02", GCJ02), ("gcj02", GCJ02), ("火星坐标", GCJ02), ("BD-09", BD09), ("bd09ll", BD09)],
)
def test_they_are_named_without_a_code(text: str, code: int) -> None:
    assert parse_crs(text) == code
    assert parse_crs(label(code)) == code
    assert identify(None, (117.2, 31.8, 117.4, 31.9), code).epsg == code
    moved = to_stored(code)
    assert moved is not None
    assert not np.array_equal(moved(np.array([[117.3, 31.86]])), [[117.3, 31.86]])


def control(
    turn: float = 1e-5, scale: float = 1 + 2e-5, noise: float = 0.0
) -> tuple[list[list[float]], np.ndarray]:
    """Marks of a made-up local system around Hefei, and the true lon/lat of a test place with its local coordinates."""
    lonlat = np.array([[117.25, 31.80], [117.35, 31.82], [117.30, 31.90], [117.27, 31.86]])
    plane = np.column_stack(Transformer.from_crs(4490, 4548, always_xy=True).transform(*lonlat.T))
    local = (plane - [500_000, 3_500_000]) @ (
        scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    )
    local[0] += noise
    return np.column_stack([local, lonlat])[:3].tolist(), np.array([*local[3], *lonlat[3]])


def test_a_local_system_is_fitted_and_its_residuals_are_shown() -> None:
    marks, test = control()
    fit = fit_control(marks)
    np.testing.assert_allclose(fit.to_stored()(test[None, :2])[0], test[2:], atol=1e-8)
    assert fit.rms < 1e-3
    assert fit.as_json()["zone"] == "EPSG:4548"
    assert len(fit.as_json()["residuals_m"]) == 3
    assert 0.01 < fit_control(control(noise=0.3)[0]).rms < 0.3


def test_what_is_no_fit_is_refused() -> None:
    marks, _ = control()
    with pytest.raises(BadInput, match="at least 3"):
        fit_control(marks[:2])
    with pytest.raises(BadInput, match="do not fit"):
        fit_control(control(noise=50)[0])
    with pytest.raises(BadInput, match="one place"):
        fit_control([marks[0]] * 3)
    with pytest.raises(BadInput, match="do not fit"):
        fit_control([[y, x, lon, lat] for x, y, lon, lat in marks])  # axes turned round
    with pytest.raises(BadInput):
        parse_control(["x,y", "1,2,3"])
    with pytest.raises(BadInput):
        parse_control(["1,2,3,4", "a,b,c,d"])
