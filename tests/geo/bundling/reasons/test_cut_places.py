"""Cut places against taking every node away in turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geo.bundling.reasons.cut_places import cut_places, walk
from tests.examples import examples


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(0, 9))
    pairs = [(a, b) for b in range(count) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return [[a + b - node for a, b in chosen if node in (a, b)] for node in range(count)]


def pieces(neighbours: list[list[int]], gone: int = -1) -> int:
    left, found = set(range(len(neighbours))) - {gone}, 0
    while left:
        found, todo = found + 1, [left.pop()]
        while todo:
            near = left.intersection(neighbours[todo.pop()])
            left -= near
            todo += near
    return found


@examples(200)
@given(graphs())
def test_a_cut_place_is_a_node_without_which_there_are_more_pieces(neighbours: list[list[int]]) -> None:
    whole = pieces(neighbours)
    wanted = {node for node in range(len(neighbours)) if pieces(neighbours, node) > whole}
    assert cut_places(neighbours) == wanted


@examples(100)
@given(graphs())
def test_a_severed_subtree_loses_the_rest_with_its_parent(neighbours: list[list[int]]) -> None:
    seen = walk(neighbours)
    assert sorted(seen.order) == list(range(len(neighbours)))
    for node in seen.order:
        above = seen.parent[node]
        if above < 0:
            continue
        assert above in neighbours[node]
        below, todo = {node}, [node]
        while todo:
            here = todo.pop()
            near = set(neighbours[here]) - below - {above}
            below |= near
            todo += near
        hangs = all(seen.place[each] >= seen.place[node] for each in below)
        assert seen.severed(node) == hangs
