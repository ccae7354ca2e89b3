"""The search (搜索): starts, annealing, mending, windows; the number of packages where it is free."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from geo.bundling.forms.arrays import Arrays, Whole
from geo.bundling.forms.model import Model
from geo.bundling.forms.rooms import Room
from geo.bundling.forms.scoring import Plan, plan_of
from geo.bundling.search.anneal import Schedule
from geo.bundling.search.finish import Draft, finish
from geo.bundling.search.improve import NOTHING, Watch, anneal, generator, whole_map
from geo.bundling.search.pool import Pool, new_pool
from geo.bundling.search.starts import first_labels, free_counts, share_out
from geo.bundling.search.state import new_state, weights_of
from geo.bundling.search.wandering import wander
from geo.bundling.search.windows import PUSHES, Map, lost, mend, recombine, strengthen, sweep

SMALL, MIDDLE, LARGE = 150, 600, 3000
"""Atoms up to which there are many starts, some, and a long run each."""
SHORT, LONG, LONGER, LONG_LARGE = 4000, 12_000, 6000, 3000
"""Moves per atom of the starts in all, up to three of them: on small maps, some starts, one or two, large maps."""
RECORD_FROM = 0.7
"""Share of a start after which its packages are kept: those of its hot part fit no good plan."""
SMALLEST = 3000
"""Moves that even the smallest problem gets in a run."""
TASTE = 150
"""Moves per atom of a run that only tries a number of packages."""
TASTING = 0.3
"""Share of a time limit that such runs may take."""
DEEPENING = 0.45
"""Share of the time left after them that is kept from the starts for windows and recombination."""
PATIENCE = 1_000
"""Moves per atom that mending may take where any plan will do."""
SEVERAL = 3
"""Times the moves where several sums lie between bounds: exchanges that keep them all are rare."""
SEVERAL_STARTS = 8
"""Starts there at least, above the smallest maps: some end in a corner that nothing leads out of."""
SEVERAL_SCHEDULE = Schedule(hot=0.5, cold=0.02, soft=0.05, pushes=PUSHES, record_from=0.5)
"""Warmer there: what keeps one sum breaks another, and the way out is long."""
WARM_SCHEDULE = Schedule(hot=1.0, cold=0.2, soft=0.2, strict=1.0, pushes=PUSHES, record_from=0.85)
"""Warm to the end, where those end in no plan: they froze with a bound broken."""
KEPT = 2_500
"""Packages that the starts of a small problem keep for recombination."""


@dataclass(frozen=True)
class Style:
    """How one alternative leans: ``balance`` weighs even loads, ``lean`` shifts the number of packages.

    ``any_plan``: the first plan that keeps every hard rule will do; only that there is one is asked.
    """

    balance: float = 0.0
    lean: float = 0.0
    any_plan: bool = False


@dataclass(frozen=True)
class Search:
    """One search: the problem compiled, how much work, and whom to tell and ask."""

    model: Model
    arrays: Arrays
    rooms: Sequence[Room]
    style: Style
    effort: float
    seed: int
    watch: Watch
    tell: Callable[[float, Plan | None], None]

    @property
    def size(self) -> int:
        """Atoms."""
        return len(self.model.atoms)

    @property
    def several(self) -> bool:
        """Whether several sums of a package lie between bounds, and the map is small enough to take pains."""
        held = [c for c in self.model.columns if c.hard and c.lower > -math.inf and c.upper < math.inf]
        return len(held) > 1 and self.size <= MIDDLE

    def ends_with(self, plan: Plan | None) -> bool:
        """Whether a plan is all that is asked for."""
        return self.style.any_plan and plan is not None and plan.key.broken <= 0

    @property
    def limits(self) -> tuple[int, float]:
        """Fewest and most packages that rules and room allow."""
        fewest, most = self.model.problem.rules.package_range()
        return fewest, min(most, sum(room.most for room in self.rooms))


def find_plan(search: Search) -> Plan | None:
    """The best plan found; None when none keeps every hard rule."""
    if not search.size:
        return plan_of(search.model, search.arrays, np.zeros(0, dtype=np.int64))
    total, best = _best_total(search)
    for schedule in _schedules(search):
        best = _searched(search, total, best, schedule)
        if search.watch() or (best is not None and best.key.broken <= 0):
            break
    search.tell(0.9, best)
    return None if best is None or best.key.broken > 0 else best


def _schedules(search: Search) -> tuple[Schedule, ...]:
    """How starts cool; one after the other until a plan keeps every hard rule."""
    if search.several:
        again = search.size > SMALL and not search.style.any_plan
        return (SEVERAL_SCHEDULE, WARM_SCHEDULE) if again else (SEVERAL_SCHEDULE,)
    return (Schedule(record_from=RECORD_FROM) if search.size <= MIDDLE else Schedule(),)


def _searched(search: Search, total: int, best: Plan | None, schedule: Schedule) -> Plan | None:
    """The best plan of starts that cool so, recombined and swept; it may break a rule."""
    pool = new_pool(KEPT, 40 * KEPT) if search.size <= MIDDLE else NOTHING
    starts = 0 if search.ends_with(best) else _starts(search)
    starting = replace(search, watch=search.watch.keeping(DEEPENING))
    for number in range(starts):
        best = _better(best, _run(starting, total, number, starts, best, schedule, pool))
        search.tell(0.1 + 0.5 * (number + 1) / starts, best)
        if starting.watch() or search.ends_with(best):
            break
    if best is not None and best.packages and not (search.watch() or search.style.any_plan):
        best = _better(best, _deepen(search, best, pool))
    return best


def _starts(search: Search) -> int:
    size = search.size
    starts = 10 if size <= SMALL else 5 if size <= MIDDLE else 2 if size <= LARGE // 2 else 1
    starts = max(starts, SEVERAL_STARTS) if search.several else starts
    return max(1, round(starts * min(search.effort, 1.0)))


def _long(search: Search) -> int:
    if search.size <= SMALL or search.several:
        return SHORT
    return LONG if search.size <= MIDDLE else LONGER if search.size <= LARGE else LONG_LARGE


def _better(one: Plan | None, other: Plan) -> Plan:
    return other if one is None or other.key < one.key else one


def _counts(search: Search, total: int) -> list[int]:
    """Packages of each component."""
    counts = share_out(search.rooms, search.model, total)
    # conflicts were looked for before: every total between the bounds can be shared out
    return counts if counts is not None else free_counts(search.rooms, search.model, 0.0)


def _run(
    search: Search, total: int, number: int, starts: int, best: Plan | None, schedule: Schedule, pool: Pool
) -> Plan:
    """One start annealed, mended and finished."""
    moves = search.effort * _long(search) / min(starts, 3)
    if search.several:
        moves *= SEVERAL if search.size <= SMALL else SEVERAL - 1
    done = 0.1 + 0.5 * number / starts
    return _annealed(
        search,
        _counts(search, total),
        f"start {number}",
        moves=moves,
        halving=number % 2 == 0,
        schedule=schedule,
        pool=pool,
        tell=lambda share: search.tell(done + 0.5 * share / starts, best),
        part=1.0 / (starts - number),
    )


def _annealed(
    search: Search,
    counts: Sequence[int],
    name: str,
    *,
    moves: float,
    halving: bool,
    schedule: Schedule,
    pool: Pool = NOTHING,
    tell: Callable[[float], None] | None = None,
    part: float = 1.0,
) -> Plan:
    """A plan from the start; ``part``: share of the time left that its moves may take, where that is limited."""
    model, arrays = search.model, search.arrays
    rng = Random(f"{search.seed}/{name}")  # noqa: S311 -- a search, not a secret
    labels = first_labels(model, arrays, search.rooms, counts, rng, halving=halving)
    on = _map(search, labels, sum(counts), name)
    steps = max(SMALLEST, round(moves * search.size))
    window = whole_map(arrays, len(on.state.first))
    anneal(arrays, on.state, on.weights, window, schedule, steps, on.rng, search.watch, pool, tell, part)
    return _finished(search, on, rng)


def _map(search: Search, labels: Whole, packages: int, name: str) -> Map:
    """The plan in work, with rows to spare for packages that are founded on the way."""
    rows = packages + max(2, packages // 10)
    weights = weights_of(search.arrays, packages, search.style.balance)
    state = new_state(search.arrays, labels, rows, weights)
    patience = PATIENCE if search.style.any_plan else math.inf
    rng = generator(search.seed, name)
    return Map(search.arrays, state, weights, rng, search.watch, patience, search.several)


def _finished(search: Search, on: Map, rng: Random) -> Plan:
    """Mend the plan in work and finish it; what stays out then is tried once more."""
    mend(on)
    draft = Draft(search.model, search.arrays, on.state, on.weights)
    finish(draft, search.model.problem.rules.package_range(), rng)
    plan = plan_of(search.model, search.arrays, on.state.label)
    if plan.key.out and lost(on):
        mend(on)
        finish(draft, search.model.problem.rules.package_range(), rng)
        plan = min(plan, plan_of(search.model, search.arrays, on.state.label), key=lambda each: each.key)
    return plan


def _deepen(search: Search, best: Plan, pool: Pool) -> Plan:
    """Recombine what the starts met, let packages wander, and sweep windows over the map."""
    on = _map(search, best.labels, best.packages, "deepen")
    order = np.random.default_rng([search.seed, 1])
    rng = Random(f"{search.seed}/deepen")  # noqa: S311 -- a search, not a secret
    if pool is not NOTHING:
        recombine(on, np.flatnonzero(on.state.size > 0), pool)
    strengthen(on)
    fewest, most = search.limits
    # a longer annealing gains more than windows where there is little time
    few = 1 if search.size <= MIDDLE else 0
    rounds = max(few, round(search.effort if search.size <= LARGE else 0.5 * search.effort))
    for turn in range(rounds + 1):
        went = wander(on, order, free=fewest < most, most=most)
        search.tell(0.6 + 0.05 * (turn + 1) / (rounds + 1), best)
        if not went:
            break
    for share in sweep(on, order, rounds):
        search.tell(0.65 + 0.25 * share, best)
    return _finished(search, on, rng)


def _best_total(search: Search) -> tuple[int, Plan | None]:
    """How many packages: as asked for, or by short runs at numbers between; and the best plan of those.

    More packages are nearer, but near the most that lower bounds allow each must fit exactly; the best lies
    between, so the scan halves the steps around the best number so far.
    """
    model, (fewest, most) = search.model, search.limits
    if not any(column.lower > 0 for column in model.columns) or fewest >= most:
        # where nothing holds packages up to a size, more of them are always nearer
        wanted = sum(free_counts(search.rooms, model, max(search.style.lean, 0.0)))
        return int(min(max(wanted, fewest), most)), None
    tried: dict[int, Plan] = {}

    tasting = search.watch.keeping(1.0 - TASTING)

    def taste(total: int) -> None:
        enough = any(search.ends_with(plan) for plan in tried.values())
        if total not in tried and not (tried and (enough or tasting())):
            tried[total] = _annealed(
                search,
                _counts(search, total),
                f"taste {total}",
                moves=TASTE * min(search.effort, 2.0),
                halving=False,
                schedule=Schedule(hot=0.4, cold=0.02, soft=0.05),
            )
            search.tell(0.1 * len(tried) / 16, None)

    for fraction in (0.5, 0.3, 0.15, 0.05, 0.75):
        taste(_total_at(search, fraction))
    for _ in range(3):
        best = min(tried, key=lambda total: (tried[total].key, total))
        for other in (_next_tried(tried, best, 1), _next_tried(tried, best, -1)):
            taste((best + other) // 2 if other is not None else best)
        if len(tried) < 2:
            break
    best = min(tried, key=lambda total: (tried[total].key, total))
    leaning = _total_at(search, 0.5 + search.style.lean) if search.style.lean else best
    return int(min(max(leaning, fewest), most)), None if search.style.lean else tried[best]


def _next_tried(tried: dict[int, Plan], total: int, step: int) -> int | None:
    others = [other for other in tried if (other - total) * step > 0]
    return min(others, key=lambda other: abs(other - total), default=None)


def _total_at(search: Search, fraction: float) -> int:
    fewest, most = search.limits
    wanted = sum(free_counts(search.rooms, search.model, min(max(fraction, 0.0), 1.0)))
    return math.floor(min(max(wanted, fewest), most))
