"""Random problems, easy and impossible: an answer that keeps every rule, or a true reason; no crash, no hang.

Islands, zero weights, one giant, impossible bounds, locks, apart, together, soft prices, several activities,
negative money, anchors, areas, any way to ask for a number of packages, given centres in each eighth. Where ten units or fewer are asked, every plan there is
says whether the answer is the best and whether "no plan" is true. Problems run in processes of their own, so that a
crash of compiled code or a hang counts as one and the rest goes on.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import random
import selectors
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geo.bundling import Activity, Centre, Infeasible, Link, Problem, Rules, Solution, Unit, check, solve
from tests.bench.measure import say
from tests.geo.bundling.cases import plan_faults, reason_is_true
from tests.geo.bundling.every_plan import best_key

HANG_S = 180
"""Seconds of work after which a problem of at most 150 units counts as a hang, however busy the machine."""
STUCK_S = 1800
"""Seconds of silence after which it does, whatever work was done."""
ENUMERABLE = 9


def random_problem(number: int) -> Problem:
    """Problem ``number``; the same number is the same problem."""
    draw = random.Random(number)
    count = draw.choice(
        [0, 1, 2, 3, *range(4, 10), *range(4, 10), *range(10, 25), *range(20, 41), 60, 90, 150]
    )
    side = max(1.5, math.sqrt(count)) * draw.choice([0.6, 0.7, 0.8, 1.0, 1.5])
    units = [_unit(draw, place, side) for place in range(count)]
    if units and draw.random() < 0.15:  # one giant
        giant = draw.randrange(count)
        units[giant] = _with(units[giant], households=draw.choice([2_000, 50_000]))
    links = _links(draw, units)
    objective = draw.choice(["wdist", "wdist", "dist"])
    problem = Problem(tuple(units), tuple(links), _rules(draw, units, links), objective)
    # drawn last, so that a number without centres is the problem that it always was
    return _with_centres(draw, problem) if number % 8 == 7 and count > 2 else problem


def _with_centres(draw: random.Random, problem: Problem) -> Problem:
    """Some units as given centres, with much room, hardly enough, or too little; opening them may cost."""
    count = len(problem.units)
    chosen = draw.sample(problem.units, max(1, count // draw.choice([3, 6, 12])))
    slack, dear = draw.choice([0.8, 1.01, 1.1, 1.5, None]), draw.random() < 0.3
    mean = sum(problem.load(unit) for unit in problem.units) / len(chosen)
    centres = tuple(
        Centre(
            unit.id,
            None if slack is None else max(problem.load(unit), mean * slack * draw.uniform(0.8, 1.2)),
            draw.choice([0.0, 500.0, 20_000.0]) if dear else 0.0,
        )
        for unit in chosen
    )
    packages = draw.choice([None, None, (1, len(chosen)), len(chosen), (2, 3)])
    rules = dataclasses.replace(problem.rules, centres=centres, packages=packages)
    return dataclasses.replace(problem, rules=rules)


def _unit(draw: random.Random, place: int, side: float) -> Unit:
    at = [draw.uniform(0, side) * 100, draw.uniform(0, side) * 100]
    if draw.random() < 0.1:  # some lie on one spot
        at = [round(value, -2) for value in at]
    households = 0.0 if draw.random() < 0.08 else float(draw.randrange(10, 200))
    weights = {
        "households": households,
        "area": draw.uniform(50, 150),
        "income": float(draw.randrange(-60, 80)),
    }
    lock = draw.choice(["P01", "L2"]) if draw.random() < 0.01 else None
    return Unit(
        f"u{place}", at[0], at[1], weights, draw.choice(["east", "west", None]), draw.random() < 0.3, lock
    )


def _with(unit: Unit, households: float) -> Unit:
    weights = {**unit.weights, "households": float(households)}
    return Unit(unit.id, unit.x, unit.y, weights, unit.within, unit.anchor, unit.lock)


def _links(draw: random.Random, units: Sequence[Unit]) -> list[Link]:
    reach = draw.choice([90.0, 130.0, 130.0, 170.0])
    cuts = draw.choice([0.0, 0.0, 0.1, 0.4])
    found = []
    for place, a in enumerate(units):
        for b in units[place + 1 :]:
            gap = math.hypot(a.x - b.x, a.y - b.y)
            if gap <= reach:
                cut = draw.choice(["barrier", "gap"]) if draw.random() < cuts else None
                found.append(Link(a.id, b.id, gap, cut))
    return found


def _rules(draw: random.Random, units: Sequence[Unit], links: Sequence[Link]) -> Rules:
    ids = [unit.id for unit in units]
    total = sum(unit.weights["households"] for unit in units)
    wanted = max(1, len(units) // draw.choice([3, 4, 6, 10]))
    mean = total / wanted
    slack = draw.choice([0.05, 0.15, 0.3, 0.5])
    low, high = draw.choice(
        [((1 - slack) * mean, (1 + slack) * mean)] * 3
        + [(None, 300.0), (150.0, None), (0.0, 0.0), (1e6, None)]
    )
    activities = [Activity("households", low, high)]
    if draw.random() < 0.2:
        area = sum(unit.weights["area"] for unit in units) / wanted
        activities.append(Activity("area", 0.6 * area, 1.4 * area))
    if draw.random() < 0.2:
        activities.append(Activity("income", draw.choice([0.0, -50.0]), draw.choice([None, None, 500.0])))
    soft: dict[str, float] = {}
    if draw.random() < 0.25:
        soft[draw.choice([each.name for each in activities])] = draw.choice([0.5, 5.0])
    if draw.random() < 0.15:
        soft["border"] = 20.0
    if draw.random() < 0.03:
        activities, soft = [], {}
    return Rules(
        tuple(activities),
        packages=draw.choice(
            [None, None, wanted, wanted, (1, wanted), (wanted, wanted + 3), 1, 0, len(units) + 1]
        ),
        max_members=draw.choice([None, None, None, 1, 4, 12]),
        within=draw.random() < 0.15,
        anchors=draw.random() < 0.2,
        together=_groups(draw, ids, links),
        apart=_groups(draw, ids, links),
        leave_out_price=draw.choice([1.0] * 6 + [0.01, 1000.0, None]),
        soft=soft,
    )


def _groups(
    draw: random.Random, ids: Sequence[str], links: Sequence[Link] = ()
) -> tuple[tuple[str, ...], ...]:
    if len(ids) < 3 or draw.random() < 0.7:
        return ()
    return tuple(
        _pair(draw, links) if links and draw.random() < 0.7 else tuple(draw.sample(ids, draw.randrange(2, 4)))
        for _ in range(draw.choice([1, 1, 2, 3]))
    )


def _pair(draw: random.Random, links: Sequence[Link]) -> tuple[str, ...]:
    link = draw.choice(links)
    return link.a, link.b


def faults_of(problem: Problem, answer: Solution | Infeasible) -> list[str]:
    """Everything that is wrong with an answer, in words; empty when it is right."""
    small = len(problem.units) <= ENUMERABLE and not problem.rules.centres
    best = best_key(problem) if small else None
    if isinstance(answer, Infeasible):
        found = (
            []
            if answer.conflict and all(reason.text for reason in answer.conflict)
            else ["no conflict named"]
        )
        if small and best is not None:
            word = "proven" if answer.proven else "unproven"
            found.append(f"{word} no plan ({answer.conflict[0].code}), but there is one: {best}")
        return found
    labels = answer.labels()
    found = sorted(plan_faults(problem, labels))
    if set(labels) != {unit.id for unit in problem.units}:
        found.append("units are missing from the answer")
    found += [f"check says {each.rule}" for each in check(problem, labels)]
    if problem.rules.centres:
        found += _centre_faults(problem, answer)
    else:
        found += [
            f"untrue reason for {unit}: {why.code} {dict(why.figures)}"
            for unit, why in answer.left_out.items()
            if not reason_is_true(problem, answer, unit, why)
        ]
    return found + _bound_faults(answer) + (_optimum_faults(problem, answer, best) if small else [])


def _centre_faults(problem: Problem, answer: Solution) -> list[str]:
    """What breaks the rules of given centres, by sums of its own; reasons must at least be given."""
    given = {centre.id: centre for centre in problem.rules.centres}
    load = {unit.id: problem.load(unit) for unit in problem.units}
    fewest, most = problem.rules.opened_range()
    found = [] if fewest <= len(answer.packages) <= most else [f"{len(answer.packages)} centres open"]
    for package in answer.packages:
        if package.hub not in given or package.hub not in package.members:
            found.append(f"{package.id} has no centre as its hub")
            continue
        capacity, held = given[package.hub].capacity, math.fsum(load[name] for name in package.members)
        if capacity is not None and held > capacity * (1 + 1e-8) + 1e-8:
            found.append(f"{package.id} holds {held}, its centre takes {capacity}")
    cost = math.fsum(given[package.hub].fixed_cost for package in answer.packages if package.hub in given)
    if not math.isclose(cost, answer.parts.fixed, rel_tol=1e-9, abs_tol=1e-9):
        found.append(f"fixed costs {answer.parts.fixed}, but the centres cost {cost}")
    return found + [f"no reason for {unit}" for unit, why in answer.left_out.items() if not why.text]


def _bound_faults(answer: Solution) -> list[str]:
    distance = answer.parts.distance + answer.parts.fixed
    if answer.bound is not None and answer.bound > distance * (1 + 1e-9) + 1e-9:
        return [f"the bound {answer.bound} is above the plan's {distance}"]
    return []


def _optimum_faults(
    problem: Problem, answer: Solution, best: tuple[float, int, float, float] | None
) -> list[str]:
    if best is None:
        return ["a plan where full enumeration finds none"]
    price = problem.rules.leave_out_price or 0.0
    parts = answer.parts
    ours = (parts.left_out, float(len(answer.left_out)), parts.soft, parts.distance)
    ideal = (best[0] * price, float(best[1]), best[2], best[3])
    for name, mine, least in zip(("left out", "units out", "soft", "distance"), ours, ideal, strict=True):
        if mine > least + 1e-5 * max(1.0, abs(least)):
            word = "proven but not" if answer.proven else "not"
            return [f"{word} the best: {name} {mine:.9g}, the best has {least:.9g}"]
        if mine < least - 1e-5 * max(1.0, abs(least)):
            return [f"better than the best there is: {name} {mine:.9g} < {least:.9g}"]
    return []


def _work(numbers: range) -> None:
    """In the child: one line of JSON before and after each problem."""
    for number in numbers:
        print(json.dumps({"number": number}), flush=True)
        problem = random_problem(number)
        began = time.process_time()
        told: dict[str, Any] = {"number": number, "units": len(problem.units)}
        try:
            answer = solve(problem)
            told["cpu"] = time.process_time() - began
            told["kind"] = "no plan" if isinstance(answer, Infeasible) else "plan"
            told["proven"] = answer.proven
            told["code"] = answer.conflict[0].code if isinstance(answer, Infeasible) else ""
            told["faults"] = faults_of(problem, answer)
        except Exception as error:
            told |= {"kind": "crash", "cpu": 0.0, "proven": False, "code": ""}
            told["faults"] = [f"{error!r} at {traceback.format_exc().splitlines()[-3].strip()}"]
        print(json.dumps(told), flush=True)


def _batch(numbers: range) -> list[dict[str, Any]]:
    """Solve problems in a child; one that hangs or kills it is told, and the next child goes on after it."""
    told: list[dict[str, Any]] = []
    at = numbers.start
    while at < numbers.stop:
        words = [sys.executable, "-m", __spec__.name, "--work", str(at), str(numbers.stop)]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"}
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as child:
            lines, alive = _listen(child)
        told += [line for line in lines if "kind" in line]
        begun = max((line["number"] for line in lines), default=at)
        if begun in {line["number"] for line in told} and begun == numbers.stop - 1:
            break
        if not told or told[-1]["number"] != begun:
            kind = "hang" if alive else "crash"
            fault = (
                f"{kind}: nothing after {HANG_S} s of work"
                if alive
                else f"the process ended with {child.returncode}"
            )
            say(f"- {begun}: {fault}")
            told.append(
                {
                    "number": begun,
                    "units": -1,
                    "cpu": 0.0,
                    "kind": kind,
                    "proven": False,
                    "code": "",
                    "faults": [fault],
                }
            )
        at = begun + 1
    return told


def _listen(child: subprocess.Popen[str]) -> tuple[list[dict[str, Any]], bool]:
    """Lines of a child until it ends, or until it works in silence for too long and is killed (True)."""
    lines: list[dict[str, Any]] = []
    assert child.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        worked, heard = _work_of(child.pid), time.monotonic()
        while True:
            if not selector.select(5.0):
                if _work_of(child.pid) - worked > HANG_S or time.monotonic() - heard > STUCK_S:
                    child.kill()
                    return lines, True
                continue
            line = child.stdout.readline()
            if not line:
                return lines, False
            worked, heard = _work_of(child.pid), time.monotonic()
            lines.append(json.loads(line))
            if lines[-1].get("faults"):
                say(f"- {lines[-1]['number']} ({lines[-1]['units']} units): {'; '.join(lines[-1]['faults'])}")


def _work_of(process: int) -> float:
    """Processor seconds of a process so far; where the system does not tell, the seconds that pass."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except OSError:
        return time.monotonic()
    user, system = told.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def run(count: int, first: int = 0) -> int:
    """Solve ``count`` problems and print what came out; returns how many were wrong."""
    say(f"\n### {count:,} random problems\n")
    told = _batch(range(first, first + count))
    kinds = Counter(each["kind"] for each in told)
    proven = sum(each["proven"] for each in told)
    wrong = [each for each in told if each["faults"]]
    cpu = sorted(each["cpu"] for each in told)
    say(
        f"{kinds['plan']} plans, {kinds['no plan']} without a plan, {kinds['crash']} crashes, {kinds['hang']} hangs; "
    )
    say(f"{proven} proven; CPU s: median {cpu[len(cpu) // 2]:.2f}, most {cpu[-1]:.1f}; {len(wrong)} wrong.")
    slow = sorted(told, key=lambda each: -each["cpu"])[:5]
    say(
        "Slowest: "
        + ", ".join(f"{e['number']} ({e['units']} units, {e['kind']}) {e['cpu']:.1f} s" for e in slow)
    )
    small = [each for each in told if each["kind"] == "plan" and 0 <= each["units"] <= 40]
    if small:
        open_ = [f"{each['number']}" for each in small if not each["proven"]]
        rest = f"; not: {', '.join(open_)}" if open_ else ""
        say(f"Of {len(small)} plans of at most 40 units {len(small) - len(open_)} are proven the best{rest}.")
    reasons = Counter(each["code"] for each in told if each["kind"] == "no plan")
    say("Why there is no plan: " + ", ".join(f"{code} {number}" for code, number in reasons.most_common()))
    return len(wrong)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args(words)
    if args.work:
        _work(range(*args.work))
        return 0
    return 1 if run(args.count, args.first) else 0


if __name__ == "__main__":
    sys.exit(main())
