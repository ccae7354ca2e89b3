"""Chains between units that must go together, against every set of units there is."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from geo.bundling import Activity, Link, Problem, Rules, Unit
from geo.bundling.forms.chains import connected_whole, piece
from tests.examples import examples

COUNT = 7


@st.composite
def maps(draw: st.DrawFn) -> Problem:
    weights = draw(st.lists(st.sampled_from([0, 10, 30, 100]), min_size=COUNT, max_size=COUNT))
    units = tuple(Unit(f"u{i}", 0, 0, {"households": w}) for i, w in enumerate(weights))
    pairs = [(a, b) for b in range(COUNT) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=10))
    links = tuple(Link(f"u{a}", f"u{b}") for a, b in chosen)
    return Problem(units, links, Rules((Activity("households"),)))


def touching(problem: Problem) -> tuple[frozenset[int], ...]:
    found: list[set[int]] = [set() for _ in problem.units]
    for link in problem.links:
        a, b = int(link.a[1:]), int(link.b[1:])
        found[a].add(b)
        found[b].add(a)
    return tuple(frozenset(each) for each in found)


def light_way_to_the_heavier() -> Problem:
    """u0 reaches {u2, u5} by u1 (nothing) or u6 (10); the way by u1 ends at u5, which weighs 10 and is there anyhow."""
    weights = [0, 0, 0, 0, 0, 10, 10]
    units = tuple(Unit(f"u{i}", 0, 0, {"households": w}) for i, w in enumerate(weights))
    pairs = [(1, 5), (0, 6), (2, 6), (0, 1), (2, 5)]
    links = tuple(Link(f"u{a}", f"u{b}") for a, b in pairs)
    return Problem(units, links, Rules((Activity("households"),)))


@example(problem=light_way_to_the_heavier(), group={0, 2, 5}, closed=set())
@examples(150)
@given(
    maps(),
    st.sets(st.integers(0, COUNT - 1), min_size=2, max_size=3),
    st.sets(st.integers(0, COUNT - 1), max_size=2),
)
def test_a_group_is_joined_where_it_can_be_and_at_least_weight_where_it_is_in_two(
    problem: Problem, group: set[int], closed: set[int]
) -> None:
    links, closed = touching(problem), closed - group
    open_ = set(range(COUNT)) - closed
    found = connected_whole(group, problem, links, closed)
    sets = [
        {u for u in open_ if chosen >> u & 1}
        for chosen in range(1 << COUNT)
        if not chosen & ~sum(1 << u for u in open_)
    ]
    able = [each for each in sets if group <= each and piece(min(group), each, links) == each]
    if not able:
        assert found is None
        return
    assert found in able
    load = {u: problem.units[u].weights["households"] for u in open_}
    rest = group - piece(min(group), group, links)
    if rest and piece(min(rest), group, links) == rest:
        assert sum(load[u] for u in found) == min(sum(load[u] for u in each) for each in able)
    if not rest:
        assert found == group
