"""The planner's tools, snapping, borders, keys and journal by themselves, in a browser without any service."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import test_modules

pytestmark = pytest.mark.browser
site = test_modules.site

WEST = [[0, 0], [1, 0], [1, 1], [1, 2], [0, 2], [0, 0]]
EAST = [[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]
NORTH = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]


def cell(code: str, ring: list[list[float]], **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "id": code, "geometry": geometry, "properties": properties}


CELLS = [cell("w", WEST), cell("e", EAST), cell("n", NORTH)]


@pytest.fixture
def run(page: Page, site: str) -> Any:
    """Runs JavaScript in a page of ours, with one argument."""
    page.route("**/api/**", lambda route: route.fulfill(content_type="application/json", body="{}"))
    page.goto(f"{site}/sign-in")
    return page.evaluate


def test_a_tool_turns_clicks_into_an_operation_once_there_is_enough(run: Any) -> None:
    steps = run(
        """async () => {
            const { Tools } = await import('/static/js/plans/tools.js');
            const tools = new Tools(); const seen = [];
            tools.pick('split'); tools.click([5, 5], 'a'); seen.push(tools.operation(), tools.hint());
            tools.click([0, 1], null); seen.push(tools.operation(), tools.operation([2, 1]));
            tools.click([2, 1], null); seen.push(tools.operation());
            seen.push(tools.back(), tools.points.length);
            tools.pick('merge'); tools.click([0, 0], 'b'); seen.push(tools.operation());
            tools.click([0, 0], 'b'); seen.push(tools.operation());
            tools.pick('edge'); tools.grip = { from: [1, 1], to: null }; seen.push(tools.operation());
            tools.grip.to = [1, 2]; seen.push(tools.operation());
            tools.pick('draw'); for (const at of [[0, 0], [1, 0], [1, 1]]) tools.click(at, null);
            seen.push(tools.operation().polygon.coordinates[0].length);
            return seen; }"""
    )
    line = {"type": "LineString", "coordinates": [[0, 1], [2, 1]]}
    whole = {"operation": "split", "cell": "a", "line": line}
    assert steps == [
        None, "tool.split_draw", None, whole, whole, True, 1,
        {"operation": "merge", "cells": ["a", "b"]}, None,
        None, {"operation": "move", "from": [1, 1], "to": [1, 2]}, 4,
    ]  # fmt: skip


def test_drawing_snaps_to_a_corner_before_a_line_and_to_nothing_out_of_reach(run: Any) -> None:
    find = partial(
        run,
        """async ([lines, at, reach]) => {
            const { Snapper } = await import('/static/js/plans/snapping.js');
            const snapper = new Snapper();
            snapper.put('one', 'cell', lines);
            const found = snapper.find(at, reach);
            snapper.drop('one');
            return [found, snapper.find(at, reach), snapper.buckets.size]; }""",
    )
    lines = [{"type": "LineString", "coordinates": [[0, 0], [0.01, 0]]}]
    at_corner = find([lines, [0.00001, 0.00001], 0.00002])
    assert at_corner == [{"at": [0, 0], "kind": "cell", "corner": True}, None, 0]
    along = find([lines, [0.005, 0.00001], 0.00002])[0]
    assert (along["corner"], along["at"]) == (False, pytest.approx([0.005, 0]))
    assert find([lines, [0.005, 0.001], 0.00002])[0] is None


def test_handles_name_every_cell_that_would_follow(run: Any) -> None:
    found = run(
        """async cells => {
            const { handles } = await import('/static/js/plans/borders.js');
            return handles(cells[0], cells, ([x, y]) => ({ x: x * 100, y: y * 100 })); }""",
        CELLS,
    )
    by_place = {tuple(one["at"]): one for one in found}
    assert by_place[1, 1]["kind"] == "node"
    assert sorted(by_place[1, 1]["owners"]) == ["e", "n", "w"]
    assert sorted(by_place[1, 0.5]["owners"]) == ["e", "w"]
    assert by_place[1, 0]["kind"] == "node"
    assert by_place[0, 0]["owners"] == ["w"]
    assert sorted(map(tuple, by_place[1, 1]["arms"])) == [(1, 0), (1, 2), (2, 1)]
    far = run(
        """async cells => {
            const { handles } = await import('/static/js/plans/borders.js');
            return handles(cells[0], cells, ([x, y]) => ({ x, y })); }""",
        CELLS,
    )
    assert {one["kind"] for one in far} <= {"node", "vertex"}
    assert len(far) < len(found)


@pytest.mark.parametrize(
    ("press", "meant"),
    [
        ({"code": "KeyX"}, "split"),
        ({"code": "KeyX", "isComposing": True}, None),
        ({"code": "KeyX", "shiftKey": True}, None),
        ({"code": "KeyZ", "ctrlKey": True}, "undo"),
        ({"code": "KeyZ", "ctrlKey": True, "shiftKey": True}, "redo"),
        ({"code": "KeyS", "ctrlKey": True}, "save"),
        ({"code": "Slash", "shiftKey": True}, "help"),
        ({"code": "Enter"}, "enter"),
        ({"code": "KeyQ"}, None),
    ],
)
def test_keys_are_known_by_their_place(run: Any, press: dict[str, Any], meant: str | None) -> None:
    ask = """async ([press, field]) => {
        const { command } = await import('/static/js/plans/keys.js');
        const at = field ? document.createElement('input') : document.body;
        const event = new KeyboardEvent('keydown', press);
        Object.defineProperty(event, 'target', { value: at });
        return [command(event), command(event, false)]; }"""
    letters, none = run(ask, [press, False])
    assert letters == meant
    assert none == (None if press["code"] == "KeyX" else meant)
    in_field = run(ask, [press, True])[0]
    assert in_field == ("save" if meant == "save" else None)


def test_the_journal_keeps_an_unfinished_line_and_bears_nonsense(run: Any) -> None:
    seen = run(
        """async () => {
            const { Journal } = await import('/static/js/plans/journal.js');
            const kept = new Map();
            const store = { getItem: key => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: key => kept.delete(key) };
            const journal = new Journal(7, 'planner', store); const seen = [journal.read()];
            journal.write({ tool: 'split', cells: ['a'], points: [[1, 2]], version: 3, at: '' });
            seen.push(journal.read().points, new Journal(7, 'other', store).read(), new Journal(8, 'planner', store).read());
            kept.set(journal.key, '{"points": [["x"]]}'); seen.push(journal.read());
            kept.set(journal.key, '{'); seen.push(journal.read());
            journal.forget(); seen.push(kept.size);
            const full = { ...store, setItem: () => { throw new Error('full'); } };
            new Journal(7, 'planner', full).write({ tool: 'split', cells: [], points: [[1, 2]], version: 3, at: '' });
            return seen; }"""
    )
    assert seen == [None, [[1, 2]], None, None, None, None, 0]


def test_only_the_last_of_many_questions_is_heard(run: Any) -> None:
    seen = run(
        """async () => {
            const { Asker } = await import('/static/js/plans/asker.js');
            const asked = []; const heard = [];
            const asker = new Asker(q => { asked.push(q); return new Promise((ok, no) => setTimeout(() => q === 3 ? no(new Error('no')) : ok(q * 10), 5)); },
                (q, answer, error) => heard.push([q, answer, error?.message ?? null]));
            for (const q of [1, 2, 4]) asker.ask(q);
            await asker.idle();
            asker.ask(3); await asker.idle();
            asker.ask(5); asker.drop(); await asker.idle();
            return [asked, heard]; }"""
    )
    assert seen == [[1, 4, 3, 5], [[4, 40, None], [3, None, "no"]]]


def test_figures_leave_out_cells_that_only_gain_a_vertex(run: Any) -> None:
    answer = {
        "changed": [cell("a1", EAST, households=10, name="东"), cell("c3", NORTH, households=None)],
        "gone": ["b2"],
        "grown": ["c3"],
        "before": {"b2": {"households": 20, "residents": None, "area_m2": 5}, "c3": {"households": 1}},
    }
    rows = run(
        """async answer => {
            const { rowsOf } = await import('/static/js/plans/figures.js');
            return rowsOf(answer, code => code).map(row => [row.code, row.before?.households ?? null, row.after?.households ?? null]); }""",
        answer,
    )
    assert rows == [["b2", 20, None], ["a1", None, 10]]


def test_a_cell_without_a_figure_is_apart_from_an_empty_one(run: Any) -> None:
    sizes = run(
        """async cells => {
            const { sizeOf } = await import('/static/js/plans/colours.js');
            return cells.map(cell => sizeOf(cell, { min: 300, max: 500, exempt: ['dedicated'] })); }""",
        [cell(str(n), EAST, households=n, kind="basic") for n in (None, 0, 300, 500, 501)]
        + [cell("d", EAST, households=9000, kind="dedicated")],
    )
    assert sizes == ["unknown", "below", "within", "within", "above", "exempt"]
