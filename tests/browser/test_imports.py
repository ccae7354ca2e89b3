"""The import page by mouse and keyboard: parts of a shapefile, encodings, questions answered in place, control points."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect
from shapely import affinity, transform, wkt
from shapely.geometry import Polygon, box

from geo.store.engine import Scope
from tests.browser.conftest import Service, Watch

pytestmark = pytest.mark.browser
NEIGHBOURHOOD = "990101001001"
EVERYWHERE = Scope("os:test", ("",))
_PLACE = """
SELECT ST_X(place), ST_Y(place) FROM (SELECT ST_PointOnSurface(geom) AS place FROM region
 WHERE code = %(code)s AND upper_inf(recorded)) found"""


@pytest.fixture
def homes(service: Service) -> gpd.GeoDataFrame:
    """Three new communities of the demo, one with a number that nobody can read."""
    with service.store.begin(EVERYWHERE) as session:
        west, south = session.connection().exec_driver_sql(_PLACE, {"code": NEIGHBOURHOOD}).one()
    frame = pd.DataFrame(
        {
            "小区编码": [f"{NEIGHBOURHOOD}C9{n:02d}" for n in range(3)],
            "小区名称": ["锦绣花园", "翠竹苑", "丁香里"],
            "门牌": ["和平路1号", "和平路2号", "和平路3号"],
            "户数": ["120户", "约三百户", "80"],
        }
    )
    shapes = [box(west + n * 2e-4, south, west + n * 2e-4 + 1e-4, south + 1e-4) for n in range(3)]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=4490)


@pytest.fixture
def parts(homes: gpd.GeoDataFrame, tmp_path: Path) -> list[Path]:
    """The same as a shapefile in GBK and Gauss–Krüger, with nothing that says so: no .prj, no .cpg, no language byte."""
    homes.to_crs(4548).to_file(tmp_path / "小区.shp", encoding="gbk")
    for ending in (".prj", ".cpg"):
        (tmp_path / f"小区{ending}").unlink(missing_ok=True)
    table = bytearray((tmp_path / "小区.dbf").read_bytes())
    table[29] = 0
    (tmp_path / "小区.dbf").write_bytes(table)
    return sorted(tmp_path.glob("小区.*"))


def names(service: Service) -> list[tuple[str, str | None]]:
    with service.store.begin(EVERYWHERE) as session:
        found = session.connection().exec_driver_sql(
            "SELECT name, address FROM community WHERE code LIKE %(code)s AND upper_inf(recorded) ORDER BY code",
            {"code": f"{NEIGHBOURHOOD}C9%"},
        )
        return [(row.name, row.address) for row in found]


def state(page: Page, name: str) -> None:
    """Wait until the chosen file is in a state."""
    expect(page.locator(f"#queue-list tr.chosen[data-state={name}]")).to_be_visible(timeout=60_000)


def test_a_shapefile_by_parts_from_choosing_to_loaded(
    service: Service, page: Page, parts: list[Path]
) -> None:
    service.enter(page, "planner")
    service.open(page, "/imports")
    page.set_input_files("#file", parts)
    state(page, "asks")
    expect(page.locator("#queue-list tbody tr")).to_have_count(1)
    # The encoding that was guessed, and what the others would read.
    taken = page.locator("#encodings .choice", has=page.locator("input:checked"))
    expect(taken).to_contain_text("GB18030")
    expect(taken).to_contain_text("锦绣花园")
    expect(page.locator("#encodings .choice", has_text="UTF-8").locator(".tag.bad")).to_be_visible()
    # The system is asked, and answered where the evidence stands.
    expect(page.locator("#load")).to_be_hidden()
    first = page.locator("#systems .choice").first
    expect(first).to_contain_text("中央经线 117°E")
    expect(first).to_contain_text("本辖区所在带")
    page.locator('#systems input[value="EPSG:4548"]').check()
    expect(page.locator("#outcome-state")).to_have_text("选项已改，请重新检查")
    # Nothing is lost by a reload, and the file is not sent again.
    page.reload()
    expect(page.locator("body[data-ready=yes]")).to_be_attached()
    expect(page.locator('#systems input[value="EPSG:4548"]')).to_be_checked(timeout=20_000)
    page.click("#again")
    state(page, "checked")
    cells = page.locator("table.mapping tr", has=page.locator("td:first-child", has_text="户数")).locator(
        "td.cell"
    )
    expect(cells.nth(0)).to_have_text("120户 120")
    expect(cells.nth(1).locator(".wrong")).to_have_text("约三百户")
    page.locator('table.mapping select[data-column="门牌"]').select_option("address")
    page.click("#again")
    state(page, "checked")
    page.click("#load")
    state(page, "loaded")
    assert names(service) == [("锦绣花园", "和平路1号"), ("翠竹苑", "和平路2号"), ("丁香里", "和平路3号")]
    expect(page.locator("#history tbody tr").first).to_contain_text("小区.zip")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#undo-now")
    expect(page.locator("#outcome")).to_be_hidden()
    assert names(service) == []


def test_control_points_are_pasted_judged_and_used(
    service: Service, page: Page, homes: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    """A file in a local system: refused, fitted by points of which one was miscopied, and loaded without that one."""
    plane = homes.to_crs(4548)
    turn, shift = np.array([[0.99999, 0.001], [-0.001, 0.99999]]), np.array([-400_000.0, -3_000_000.0])
    local = transform(plane.geometry.values, lambda xy: xy @ turn.T + shift)
    gpd.GeoDataFrame(homes.drop(columns="geometry"), geometry=local, crs="EPSG:2364").to_file(
        tmp_path / "地方.gpkg"
    )
    x0, y0 = plane.total_bounds[:2]
    marks = np.array([[x0, y0], [x0 + 900, y0], [x0, y0 + 900], [x0 + 900, y0 + 900]])
    degrees = gpd.GeoSeries.from_xy(*marks.T, crs=4548).to_crs(4490)
    lines = [
        f"{x:.3f}\t{y:.3f}\t{point.x:.9f}\t{point.y:.9f}"
        for (x, y), point in zip(marks @ turn.T + shift, degrees, strict=True)
    ]
    lines[3] = lines[3].replace(lines[3].split("\t")[3], f"{degrees.iloc[3].y + 0.001:.9f}")
    service.enter(page, "planner")
    service.open(page, "/imports")
    page.set_input_files("#file", tmp_path / "地方.gpkg")
    state(page, "failed")
    expect(page.locator("#problem")).to_contain_text("2364")
    page.locator("#systems input[value=control]").check()
    page.locator('#control input[data-at="0-0"]').evaluate(
        """(input, text) => { const data = new DataTransfer(); data.setData('text/plain', text);
            input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }""",
        "X\tY\t经度\t纬度\n" + "\n".join(lines),
    )
    expect(page.locator("#fit")).to_contain_text("第 4 点与其余各点不符")
    expect(page.locator("#control tr.spoils")).to_have_count(1)
    page.locator("#control tr.spoils button.remove").click()
    expect(page.locator("#fit .tag.good")).to_contain_text("3 个点吻合，中误差 0.000 米")
    page.click("#again")
    state(page, "checked")
    page.click("#load")
    state(page, "loaded")
    assert [name for name, _ in names(service)] == ["锦绣花园", "翠竹苑", "丁香里"]


def test_several_files_wait_in_one_list_and_are_reached_by_keys(
    service: Service, page: Page, watch: Watch, homes: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    homes.drop(columns="geometry").to_csv(tmp_path / "没有图形.csv", index=False)
    homes.to_file(tmp_path / "小区.gpkg")
    (tmp_path / "说明.txt").write_text("不是数据", "utf-8")
    service.enter(page, "planner")
    service.open(page, "/imports")
    page.set_input_files("#file", [tmp_path / name for name in ("没有图形.csv", "小区.gpkg", "说明.txt")])
    rows = page.locator("#queue-list tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_have_attribute("data-state", "failed", timeout=60_000)
    expect(rows.nth(1)).to_have_attribute("data-state", "checked", timeout=60_000)
    expect(page.locator("#queue-list progress")).to_have_count(0, timeout=60_000)
    rows.nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_contain_text("不接受这种格式")
    rows.nth(2).focus()
    page.keyboard.press("Delete")
    expect(rows).to_have_count(2)
    watch.errors.clear()  # the browser itself notes the 422 of the third file


def test_what_a_file_cannot_hold_is_said_before_it_is_made(
    service: Service, page: Page, tmp_path: Path
) -> None:
    service.enter(page, "planner")
    service.open(page, "/imports")
    told = page.locator("#export-losses")
    expect(told).to_have_text("不丢失任何内容，可原样导回")
    page.select_option("#export-format", "zip")
    expect(told).to_contain_text("字段名限 10 字节")
    # a standard of degrees offers no plane, and takes back the one that was chosen
    page.select_option("#export-crs", "EPSG:4548")
    page.select_option("#export-format", "kml")
    expect(told).to_contain_text("坐标只能是经纬度")
    expect(page.locator("#export-crs option")).to_have_count(2)
    # a kind without shapes is not offered where only shapes go
    firms = page.locator("#exports tr", has_text="企业")
    expect(firms).to_contain_text("没有图形")
    page.select_option("#export-format", "xlsx")
    expect(page.locator("#export-crs")).to_be_disabled()
    expect(firms.locator("a", has_text="下载")).to_be_visible()
    page.select_option("#export-format", "gpkg")
    page.select_option("#export-crs", "EPSG:4548")
    with page.expect_download() as coming:
        page.locator("#exports tr", has_text="行政区划").locator("a", has_text="下载").click()
    coming.value.save_as(tmp_path / "out.gpkg")
    assert gpd.read_file(tmp_path / "out.gpkg").crs.to_epsg() == 4548


def pick(page: Page, row: int, place: tuple[float, float]) -> None:
    """Click a place on the map, seen from near, as the place of a control point."""
    page.evaluate(
        "([lon, lat]) => void district_map.setView([lat, lon], 19, { animate: false })", list(place)
    )
    page.locator(f'[data-pick="{row}"]').click()
    expect(page.locator("#places-how")).to_contain_text(f"第 {row + 1} 点")
    box = page.locator("#district_map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_control_points_are_picked_on_the_map_by_mouse_and_keys_and_taken_back(
    service: Service, page: Page, homes: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    plane = homes.to_crs(4548)
    shift = np.array([-400_000.0, -3_000_000.0])
    local = transform(plane.geometry.values, lambda xy: xy + shift)
    gpd.GeoDataFrame(homes.drop(columns="geometry"), geometry=local, crs="EPSG:2364").to_file(
        tmp_path / "地方.gpkg"
    )
    x0, y0 = plane.total_bounds[:2]
    marks = np.array([[x0, y0], [x0 + 900, y0], [x0, y0 + 900]])
    places = gpd.GeoSeries.from_xy(*marks.T, crs=4548).to_crs(4490)
    service.enter(page, "planner")
    service.open(page, "/imports")
    page.set_input_files("#file", tmp_path / "地方.gpkg")
    state(page, "failed")
    page.locator("#systems input[value=control]").check()
    expect(page.locator("#control .leaflet-container")).to_be_visible()
    page.wait_for_function("() => district_map.getZoom() > 8")  # the district is in sight
    for row, (mark, place) in enumerate(zip(marks + shift, places, strict=True)):
        page.fill(f'#control input[data-at="{row}-0"]', f"{mark[0]:.3f}")
        page.fill(f'#control input[data-at="{row}-1"]', f"{mark[1]:.3f}")
        if row == 0:
            pick(page, row, (place.x, place.y))
            continue
        # by keys: the middle of the map is taken
        page.evaluate(
            "([lon, lat]) => void district_map.setView([lat, lon], 19, { animate: false })",
            [place.x, place.y],
        )
        page.locator(f'[data-pick="{row}"]').focus()
        page.keyboard.press("Enter")
        expect(page.locator("#places-how")).to_contain_text(f"第 {row + 1} 点")
        page.keyboard.press("Enter")
    expect(page.locator(".import-pin")).to_have_count(3)
    expect(page.locator("#fit")).to_contain_text("3 个点")
    expect(page.locator("#control .residual").nth(2)).not_to_be_empty()
    lon = page.locator('#control input[data-at="2-2"]')
    assert abs(float(lon.input_value()) - places.iloc[2].x) < 1e-5
    # the last step is taken back, and a picked place is called off
    page.click("#control-undo")
    expect(lon).to_have_value("")
    expect(page.locator(".import-pin")).to_have_count(2)
    page.locator('[data-pick="2"]').click()
    page.keyboard.press("Escape")
    expect(page.locator("#places-how")).to_be_empty()
    expect(lon).to_have_value("")


_GRIDS = """
SELECT code, name, ST_AsText(geom) AS wkt FROM grid
 WHERE code LIKE %(below)s AND upper_inf(recorded) AND upper_inf(valid) ORDER BY code"""


@pytest.fixture
def sick(service: Service, tmp_path: Path) -> Path:
    """The grids of a neighbourhood: one moved over its neighbour, one grown beyond the parent, one a bow tie, one twice."""
    with service.store.begin(EVERYWHERE) as session:
        rows = session.connection().exec_driver_sql(_GRIDS, {"below": f"{NEIGHBOURHOOD}%"}).all()
    shapes = [wkt.loads(row.wkt) for row in rows]
    shapes[0] = affinity.translate(shapes[0], 1.5e-5, 0)
    shapes[1] = shapes[1].buffer(8e-5)
    west, south, east, north = shapes[2].bounds
    shapes[2] = Polygon([(west, south), (east, north), (east, south), (west, north)])
    frame = gpd.GeoDataFrame(
        {
            "网格编码": [row.code for row in rows],
            "网格名称": [row.name for row in rows],
            "网格类型": "基础网格",
        },
        geometry=shapes,
        crs=4490,
    )
    path = tmp_path / "网格.gpkg"
    gpd.GeoDataFrame(pd.concat([frame, frame.iloc[[0]]], ignore_index=True), crs=4490).to_file(path)
    return path


def outlines(service: Service) -> list[str]:
    with service.store.begin(EVERYWHERE) as session:
        rows = session.connection().exec_driver_sql(_GRIDS, {"below": f"{NEIGHBOURHOOD}%"}).all()
        return [row.wkt for row in rows]


def fault(faults: Locator, kind: str) -> Locator:
    """The line of a kind of fault, with its offer."""
    return faults.locator("details.fault > summary", has=faults.page.locator("strong", has_text=kind))


def test_faults_are_seen_where_they_lie_mended_as_asked_loaded_and_taken_back(
    service: Service, page: Page, sick: Path
) -> None:
    before = outlines(service)
    service.enter(page, "planner")
    service.open(page, "/imports")
    page.set_input_files("#file", sick)
    state(page, "checked")
    findings, faults = page.locator("#findings tbody tr"), page.locator("#faults")
    expect(findings.filter(has_text="与第 1 行编码相同")).to_be_visible()
    expect(findings.filter(has_text="图形无效（自相交），已修复")).to_be_visible()
    # a fault is gone to by keyboard, and stands on the map
    page.wait_for_function("() => document.querySelectorAll('.import-pin').length > 5")
    page.wait_for_function(
        """() => {
          let seen = true;
          district_map.eachLayer(({ options, _latlng }) => {
            if (options.icon?.options.className === "import-pin") seen = seen && district_map.getBounds().contains(_latlng);
          });
          return seen;
        }"""
    )
    row = findings.filter(has_text="的面积在上级范围以外").first
    row.focus()
    page.keyboard.press("Enter")
    lon = float(row.locator("code").last.inner_text().split(",")[0])
    assert abs(page.evaluate("district_map.getCenter().lng") - lon) < 1e-4
    # what is on offer is accepted kind by kind
    mended = faults.locator("p", has_text="已自动修复 0 个图形")
    expect(mended).to_be_visible()
    for kind in ("越界", "重叠"):
        fault(faults, kind).locator("input").check()
    expect(page.locator("#outcome-state")).to_have_text("选项已改，请重新检查")
    expect(page.locator("#load")).to_be_hidden()
    page.click("#again")
    expect(mended).to_be_hidden(timeout=60_000)
    state(page, "checked")
    expect(findings.filter(has_text="按要求").first).to_be_visible()
    expect(fault(faults, "重叠")).to_have_count(0)
    page.click("#load")
    state(page, "loaded")
    assert outlines(service) != before
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#undo-now")
    expect(page.locator("#outcome")).to_be_hidden()
    assert outlines(service) == before
