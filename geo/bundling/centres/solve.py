"""Packages round given centres (既定中心): the service-area problem, with or without the choice of centres.

Small problems are one whole-number programme, solved to the optimum. Larger ones: linear programme for the
prices of capacity, annealing at those prices, windows of a few packages each solved to their optimum, and a
Lagrangian bound. Annealing alone misses capacities by a hair where they leave one per cent; chains of packages
that hand load on mend that, and windows, which may break a capacity at a price while they look for a way not to.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from geo.bundling.centres.annealing import Terms, anneal_sites, grown, terms_of
from geo.bundling.centres.bound import duals_of, sites_bound
from geo.bundling.centres.closing import close, fits, reduced_costs
from geo.bundling.centres.diving import dived, is_small
from geo.bundling.centres.easing import eased
from geo.bundling.centres.generating import ALL, Search
from geo.bundling.centres.growing import packed
from geo.bundling.centres.opening import open_sites
from geo.bundling.centres.passing import handed_on
from geo.bundling.centres.plan import (
    Worth,
    groups_by_site,
    keeps_all,
    names_of,
    over_capacity,
    parts_of,
    worth_of,
)
from geo.bundling.centres.pressing import pressed
from geo.bundling.centres.programme import Programme, solve_programme
from geo.bundling.centres.reasons import find_conflict, left_out_reasons, none_met, unsure
from geo.bundling.centres.renewing import renew
from geo.bundling.centres.sites import Sites, sites_of, usual_way
from geo.bundling.centres.windows import windows
from geo.bundling.forms.arrays import OUT, Floats, Whole, arrays_of
from geo.bundling.forms.model import Contradiction, compile_problem, homeless_groups
from geo.bundling.plan import Infeasible, Package, Reason, Solution, StoppedBy
from geo.bundling.problem import Problem
from geo.bundling.search.improve import generator

EXACT = 600
"""Pairs of atom and site up to which the whole problem is one programme."""
EXACT_NODES, EXACT_LOOKS = 20_000, 300
"""Nodes of that programme and looks of its solver, for each part of the objective."""
MOVES, RUNS, POLISHED = 3_000, 5, 2
HEATS = (0.3, 1.0, 3.0)
AGAIN = 6
"""Annealing moves per atom and run at effort 1."""
FEW, MANY = 22, 40
"""Atoms per centre up to which a plan is put together from packages, and beyond which windows do as well as all."""
LARGE = 800
"""Atoms up to which that is quick: with more, the simplex takes too long."""
WORK = 400
"""Work on windows for each of the plans polished, in looks of the solver."""
ROUNDS = 150
"""Steps of the bound at effort 1."""


class Run(Protocol):
    """What a call of the solver carries along."""

    seed: int

    @property
    def watch(self) -> Callable[[], bool]:
        """Whether to stop."""

    @property
    def progress(self) -> Callable[[float, float | None], None] | None:
        """Whom to tell."""

    def seconds(self) -> float:
        """Since the start."""

    def stopped_by(self) -> StoppedBy:
        """Why work ended."""

    def infeasible(self, reason: Reason, *, proven: bool) -> Infeasible:
        """No plan."""


@dataclass(frozen=True)
class Found:
    """A plan (site or OUT per atom), a bound on its distance and fixed costs, whether it is the best there is."""

    labels: Whole
    bound: float | None
    proven: bool


def solve_centres(
    problem: Problem, effort: float, run: Run, *, any_plan: bool = False
) -> Solution | Infeasible:
    """Bundle round the given centres; see :mod:`geo.bundling.centres.sites` for the conventions.

    ``any_plan``: whether there is one is all that is asked; it gets no bound, and no work beyond the first.
    """
    return _attempt(problem, effort, run, {}, any_plan)


def _attempt(
    problem: Problem, effort: float, run: Run, given_up: dict[frozenset[int], Reason], any_plan: bool
) -> Solution | Infeasible:
    """One search; again without the groups that may stay out, so that the chains in them are free."""
    try:
        model = compile_problem(problem, given_up)
    except Contradiction as found:
        return run.infeasible(found.reason, proven=found.proven)
    sites = sites_of(model, arrays_of(model))
    answer: Found | Reason | None = find_conflict(sites)
    if answer is None and any_plan:
        labels = packed(sites, run.seed, round(0.3 * WORK), run.watch)
        answer = None if labels is None else Found(labels, None, False)
    if answer is None and _is_small(sites):
        answer = _exact(sites, run)
    if answer is None:
        answer = _searched(sites, effort, run, any_plan)
    if isinstance(answer, Found):
        return _solution(sites, answer, run)
    homeless = {} if problem.rules.leave_out_price is None or run.watch() else homeless_groups(model)
    if homeless:
        return _attempt(problem, effort, run, given_up | homeless, any_plan)
    if answer.code == "not_found":
        return run.infeasible(answer, proven=False)
    return run.infeasible(unsure(answer) if model.guessed else answer, proven=not model.guessed)


def _is_small(sites: Sites) -> bool:
    return int(sites.may.sum()) <= EXACT


def _stay_out(sites: Sites) -> np.ndarray:
    arrays = sites.arrays
    return (arrays.lock < 0) & (not np.isinf(arrays.out_price))


def _exact(sites: Sites, run: Run) -> Found | Reason | None:
    """The optimum by one programme; a reason where it proves that there is no plan; None where it gave up."""
    programme = Programme(sites, sites.may, range(len(sites.unit)), not sites.every, _stay_out(sites))
    answer = solve_programme(programme, run.watch, nodes=EXACT_NODES, looks=EXACT_LOOKS)
    if answer.infeasible:
        text = "no plan round the centres keeps every rule: proven by trying them all"
        return Reason("no_plan", text, {"centres": len(sites.unit), "units": len(sites.model.load)})
    if answer.labels is None:
        return None
    labels = np.full(len(sites.arrays.component), OUT, dtype=np.int64)
    for atom, site in answer.labels.items():
        labels[atom] = site
    if not keeps_all(sites, labels):
        if not programme.atoms or (labels == OUT).all():
            return Reason("no_plan", "no centre can open without breaking a rule", {})
        return None
    proven = answer.proven and not sites.model.guessed
    return Found(labels, max(answer.bound, 0.0) if proven else None, proven)


def _searched(sites: Sites, effort: float, run: Run, any_plan: bool) -> Found | Reason:
    """Prices, annealing and windows, then the whole map at once: packages or assignments, and the bound."""
    placed = np.asarray(sites.may.any(axis=1))
    used = np.ones(len(sites.unit), dtype=np.bool_)
    if not sites.every:
        used = open_sites(sites, run.watch)
    duals = duals_of(sites, placed, used, run.watch)
    each = int(placed.sum()) / max(len(sites.unit), 1)
    small = sites.every and each <= FEW and placed.sum() <= LARGE
    wide = not sites.every or each > MANY
    terms = terms_of(sites, _pressed(sites, duals[1]), used)
    first, moves = grown(sites, terms, duals[1], used), int(MOVES * effort * len(placed))
    search, best, plans, met = None, None, list[Whole](), list[Whole]()
    if small and fits(sites, None):
        # a plan first, whatever it costs, for the time may be short
        best = pressed(sites, terms, first, moves, run.seed, run.watch)
        if not any_plan:
            search = _priced(sites, duals, effort, run)
            best = dived(search, terms, best, effort, run.seed, met)
    if best is None:
        plans = _annealed(sites, terms, first, moves, run)
        polish = effort * (0.3 if small else 1.0 if wide else 0.5)
        best = _polished(sites, plans, duals[1], polish, run, met)
        if best is None and search is None and not run.watch():
            rough = pressed(sites, terms, first, moves, run.seed, run.watch)
            best = None if rough is None else _further(sites, rough, duals[1], polish, run, 0)
    if best is not None and sites.every and not (any_plan or small or wide):
        least = max(reduced_costs(sites, *duals)[0], 0.0)
        better = eased(sites, terms, best, effort, run.seed, least, run.watch)
        best = best if better is None else min(best, better, key=lambda plan: worth_of(sites, plan))
    if any_plan:
        return _missed(sites, [*plans, *met], None, None, run) if best is None else Found(best, None, False)
    if best is None or (best[placed] == OUT).any() or worth_of(sites, best).soft > 0:
        grow = packed(sites, run.seed, round(0.3 * WORK * effort), run.watch)
        best = min((p for p in (best, grow) if p is not None), key=lambda p: worth_of(sites, p), default=None)
    if search is not None:
        bound, best = _chosen(sites, search, best, effort, run)
    else:
        bound, best = (None, best) if wide else _whole(sites, best, duals, effort, run)
    if best is None and not run.watch():
        best = _insisted(sites, plans[0], terms, duals[1], effort, run, met)
    if best is None:
        return _missed(sites, [*plans, *met], duals, bound, run)
    least = _bound(sites, best, worth_of(sites, best), duals[0], effort, run)
    # what all plans cost that place everything, one that does not may undercut
    known = None if (best[placed] == OUT).any() else bound
    return Found(best, least if known is None else max(known, least), False)


def _missed(
    sites: Sites, met: list[Whole], duals: tuple[Floats, Floats] | None, bound: float | None, run: Run
) -> Reason:
    """That no plan was met: the nearest of those that were, and what a plan costs at least, where asked."""
    nearest = min(met, key=lambda plan: (int((plan == OUT).sum()), over_capacity(sites, plan)))
    if duals is None or not np.isinf(sites.arrays.out_price):
        return none_met(sites, nearest, None)
    placed, least = np.asarray(sites.may.any(axis=1)), max(reduced_costs(sites, *duals)[0], 0.0)
    rough = sites_bound(sites, placed, duals[0], 0.0, 1.03 * least, ROUNDS, run.watch)[0]
    return none_met(sites, nearest, max(rough, bound or 0.0) or None)


def _priced(sites: Sites, duals: tuple[Floats, Floats], effort: float, run: Run) -> Search:
    """Packages round every centre and their prices, before there is a plan."""
    placed = np.asarray(sites.may.any(axis=1))
    guess = 1.03 * max(reduced_costs(sites, *duals)[0], 0.0)
    known = sites_bound(sites, placed, duals[0], 0.0, guess, ROUNDS, run.watch)
    search = Search(sites, math.inf, duals, known, ALL.times(effort), run.watch)
    search.approach()
    search.write_down()
    return search


def _chosen(
    sites: Sites, search: Search, best: Whole | None, effort: float, run: Run
) -> tuple[float | None, Whole | None]:
    """The bound of the packages' programme, and a plan bettered by windows and by choosing among all packages."""
    if best is not None and not run.watch():
        known = max(search.best, search.rough)
        best = renew(sites, best, known, effort, run.watch, always=not is_small(search))
    whole = best is not None and not (best[search.placed] == OUT).any()
    search.value = worth_of(sites, best).distance if best is not None and whole else math.inf
    found = None if run.watch() else search.choose(best if whole else None)
    if found is not None and keeps_all(sites, found):
        best = found
    return search.proven(), best


def _polished(
    sites: Sites, plans: list[Whole], prices: Floats, effort: float, run: Run, met: list[Whole]
) -> Whole | None:
    """The best plan that windows make of the most promising ones; into ``met`` goes what they make of each."""
    whole = [plan for plan in plans if keeps_all(sites, plan)]
    best = min(whole, key=lambda plan: worth_of(sites, plan), default=None)
    # one plan that keeps all, where there is one, and the most promising whether it does or not
    chosen = [*([] if best is None else [best]), *(plan for plan in plans if plan is not best)]
    for turn, plan in enumerate(chosen[:POLISHED]):
        better = _further(sites, plan, prices, effort, run, turn)
        met.append(better)
        if keeps_all(sites, better) and (best is None or worth_of(sites, better) < worth_of(sites, best)):
            best = better
        if run.watch():
            break
    return best


def _whole(
    sites: Sites, best: Whole | None, duals: tuple[Floats, Floats], effort: float, run: Run
) -> tuple[float | None, Whole | None]:
    """A bound and the better of ``best`` and what a programme over the whole map finds."""
    if run.watch():
        return None, best
    value = math.inf if best is None else worth_of(sites, best).distance
    closed = close(sites, best, value, duals, effort, run.watch)
    found = closed.labels
    if found is not None and keeps_all(sites, found):
        best = found if best is None else min(best, found, key=lambda plan: worth_of(sites, plan))
    return closed.bound, best


def _insisted(
    sites: Sites, plan: Whole, terms: Terms, prices: Floats, effort: float, run: Run, met: list[Whole]
) -> Whole | None:
    """A plan that keeps all, out of one that ends beside a capacity: shaken and tried again, a hair often lacks."""
    for again in range(max(1, round(AGAIN * min(effort, 1.0)))):
        shaken = plan if again == 0 else _shaken(sites, plan, terms, again - 1, run)
        plan = _nearer(sites, plan, _further(sites, shaken, prices, effort, run, 0))
        if over_capacity(sites, plan) <= 0 or run.watch():
            break
    met.append(plan)
    return plan if keeps_all(sites, plan) else None


def _shaken(sites: Sites, plan: Whole, terms: Terms, again: int, run: Run) -> Whole:
    """A plan annealed a little from where it is, with capacities weighing more each time."""
    labels = np.where(plan == OUT, len(sites.unit), plan)
    kept = labels.copy()
    heat = max(float(sites.cost[np.arange(len(plan)), plan].mean()), 1e-9) * 0.3
    rng = generator(run.seed, f"shaken {again}")
    push, moves = 2.0 * 1.5**again, 2 * MOVES * len(labels)
    warmth, pressure = (heat, heat / 60), (push, 10 * push)
    reached = anneal_sites(sites.arrays, terms, labels, kept, moves, warmth, pressure, rng)
    found = kept if math.isfinite(reached) else labels
    return np.where(found == len(sites.unit), OUT, found)


def _nearer(sites: Sites, one: Whole, other: Whole) -> Whole:
    return min((one, other), key=lambda plan: (over_capacity(sites, plan), _promise(sites, plan)))


def _annealed(sites: Sites, terms: Terms, first: Whole, moves: int, run: Run) -> list[Whole]:
    """Plans of several anneals, those to go on with first: nearest to the capacities, then cheapest."""
    rng = generator(run.seed, "centres")
    found: list[tuple[float, Whole]] = []
    for turn in range(RUNS):
        labels, kept = first.copy(), first.copy()
        # cool runs keep the linear programme's plan nearly as it is, warm ones look further
        heat = usual_way(sites) * HEATS[turn % len(HEATS)]
        cost = anneal_sites(sites.arrays, terms, labels, kept, moves, (heat, heat / 60), (1.1, 12.0), rng)
        for rough in (kept, labels) if cost < math.inf else (labels,):
            rough[rough == len(sites.unit)] = OUT
            plan = handed_on(sites, terms, rough, run.watch)
            if not any(np.array_equal(plan, other) for _, other in found):
                found.append((_promise(sites, plan), plan))
        if run.watch():
            break
    order = sorted(range(len(found)), key=lambda place: (found[place][0], place))
    return [found[place][1] for place in order]


def _promise(sites: Sites, labels: Whole) -> float:
    """Cost of a plan with what it breaks and leaves out priced: which plans are worth polishing."""
    inside = np.flatnonzero(labels != OUT)
    cost = float(sites.cost[inside, labels[inside]].sum())
    each = 3.0 * cost / max(float(sites.arrays.atom_load.sum()), 1e-9)
    out = float(sites.arrays.atom_load[labels == OUT].sum())
    return cost + each * (over_capacity(sites, labels) + 10.0 * out)


def _pressed(sites: Sites, prices: Floats) -> Floats:
    """Prices of a unit of load over each capacity: what it saves there, and a share of what it saves anywhere."""
    mean = float(prices.mean()) if len(prices) else 0.0
    least = float(sites.cost.mean()) / max(float(sites.arrays.atom_load.mean()), 1e-9) if len(prices) else 1.0
    return prices + 0.3 * max(mean, 0.01 * least)


def _further(sites: Sites, labels: Whole, prices: Floats, effort: float, run: Run, turn: int) -> Whole:
    def tell(share: float) -> None:
        if run.progress is not None:
            run.progress(min(0.9, 0.9 * (turn + share) / POLISHED), None)

    return windows(sites, labels, prices, max(60, round(WORK * effort)), run.watch, tell)


def _bound(sites: Sites, labels: Whole, worth: Worth, multipliers: Floats, effort: float, run: Run) -> float:
    # where time is up the first step is taken all the same, so that the plan has a bound
    placed = np.asarray(sites.may.any(axis=1))
    out = math.fsum(sites.arrays.atom_load[(labels == OUT) & placed].tolist())
    rounds = round(ROUNDS * min(max(effort, 0.3), 5.0))
    return sites_bound(sites, placed, multipliers, out, worth.distance, rounds, run.watch)[0]


def _solution(sites: Sites, found: Found, run: Run) -> Solution:
    model, labels = sites.model, found.labels
    problem = model.problem
    groups = groups_by_site(labels, len(sites.unit))
    names = names_of(sites, groups)
    order = sorted(names, key=lambda site: min(unit for atom in groups[site] for unit in model.atoms[atom]))
    packages = []
    for site in order:
        units = sorted(unit for atom in groups[site] for unit in model.atoms[atom])
        loads = {
            each.name: math.fsum(problem.units[unit].weights[each.name] for unit in units)
            for each in problem.rules.activities
        }
        ids = tuple(problem.units[unit].id for unit in units)
        packages.append(Package(names[site], ids, problem.units[int(sites.unit[site])].id, loads))
    parts = parts_of(sites, labels)
    total = parts.distance + parts.fixed
    bound = None if found.bound is None else float(min(found.bound, total))
    gap = None if bound is None else (total - bound) / total if total > 0 else 0.0
    proven = found.proven or (
        gap is not None and gap <= 1e-8 and parts.soft == 0 and not (labels == OUT).any()
    )
    if run.progress is not None:
        run.progress(1.0, parts.distance)
    return Solution(
        packages=tuple(packages),
        left_out=left_out_reasons(sites, labels, names),
        parts=parts,
        bound=bound,
        gap=gap,
        proven=proven,
        stopped_by="proven" if proven and not run.watch() else run.stopped_by(),
        seed=run.seed,
        seconds=run.seconds(),
    )
