"""`wangge bundle`: bundle anyone's units (划片打包) from files to files, with no database.

Exit status: 0 solved, 1 failed (a file or a value cannot be taken), 2 wrong usage, 3 no solution.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.commands.bundle_files import UnitTable, read_lines, read_links, read_units, write_plan
from geo.bundling import (
    Activity,
    Infeasible,
    Link,
    Problem,
    Reason,
    Rules,
    Solution,
    Unit,
    alternatives,
    neighbours,
    solve,
)
from geo.errors import WanggeError
from geo.settings import Settings

DONE, FAILED, USAGE, NO_SOLUTION = 0, 1, 2, 3


@dataclass
class Weight:
    """One --weight with the --min and --max that follow it, as typed."""

    name: str
    min: str | None = None
    max: str | None = None


class _WeightAction(argparse.Action):
    """--weight starts a new activity."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        namespace.weights = [*(namespace.weights or []), Weight(values)]


class _BoundAction(argparse.Action):
    """--min and --max belong to the --weight before them."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        if not namespace.weights:
            parser.error(f"{option} must follow the --weight it bounds")
        if getattr(namespace.weights[-1], self.dest) is not None:
            parser.error(f"{option} is given twice for {namespace.weights[-1].name}")
        if _number(values) is None:
            parser.error(f"{option} takes a number or a share of the mean load such as 90%, not {values!r}")
        setattr(namespace.weights[-1], self.dest, values)


def _number(text: str) -> float | None:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _count(text: str) -> int | tuple[int, int]:
    """`60` or `55-65`."""
    low, _, high = text.partition("-")
    if not low.isdigit() or (high and not high.isdigit()) or text.endswith("-"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor a range such as 55-65")
    return (int(low), int(high)) if high else int(low)


def _above_zero(text: str) -> float:
    value = _number(text)
    if value is None or value <= 0 or text.endswith("%"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero")
    return value


def _not_negative(text: str) -> float:
    value = _number(text)
    if value is None or value < 0 or text.endswith("%"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least zero")
    return value


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least one")
    return int(text)


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `bundle`, which needs no database."""
    parser = chosen.add_parser(
        "bundle",
        help="bundle neighbouring units into packages",
        description="Bundle neighbouring units into connected packages within bounds, and say why units stay out.",
        epilog="Exit status: 0 solved, 1 failed, 2 wrong usage, 3 no solution (the conflict is named).",
    )
    parser.add_argument("units", metavar="UNITS", type=Path, help="polygons or points (.gpkg, .geojson) or a .csv "
                        "with id,x,y,… in metres")  # fmt: skip
    parser.add_argument(
        "--id", metavar="FIELD", help="field with the ids (default: id, code, or the row's number)"
    )
    parser.add_argument(
        "--links", type=Path, metavar="CSV", help="from,to: these neighbours instead of derived ones"
    )
    parser.add_argument("--weight", action=_WeightAction, dest="weights", metavar="FIELD", help="a field to balance; "
                        "the first also weighs distance; may be repeated, each with its --min and --max")  # fmt: skip
    parser.add_argument("--min", action=_BoundAction, metavar="N", help="lower bound per package, or e.g. 90%% of "
                        "the mean load when --packages is a number")  # fmt: skip
    parser.add_argument(
        "--max", action=_BoundAction, metavar="N", help="upper bound per package, or e.g. 110%%"
    )
    parser.add_argument(
        "--packages", type=_count, metavar="K", help="number of packages, or a range such as 55-65"
    )
    parser.add_argument("--max-members", type=_at_least_one, metavar="N", help="most units in a package")
    parser.add_argument("--within", metavar="FIELD", help="packages stay inside one value of this field")
    parser.add_argument(
        "--anchors", metavar="FIELD", help="every package needs a unit where this field is true"
    )
    parser.add_argument("--gap", type=_not_negative, default=300.0, metavar="METRES", help="neighbours lie at most "
                        "this far apart (default 300)")  # fmt: skip
    parser.add_argument(
        "--barriers", type=Path, metavar="FILE", help="lines or areas that cut neighbours apart"
    )
    parser.add_argument("--bridges", type=Path, metavar="FILE", help="places where a barrier can be crossed")
    parser.add_argument(
        "--lock", metavar="FIELD", help="units with a value here stay in the package of that name"
    )
    parser.add_argument("--all", action="store_true", help="no unit may be left out")
    parser.add_argument(
        "--alternatives", type=_at_least_one, default=1, metavar="N", help="write N different plans"
    )
    parser.add_argument("--objective", choices=("wdist", "dist"), default="wdist", help="distance to the hub, "
                        "weighted by the first field or once per unit")  # fmt: skip
    parser.add_argument(
        "--effort", type=_above_zero, default=1.0, help="multiplies the work done (default 1)"
    )
    parser.add_argument("--seed", type=int, default=1, help="same seed, same answer (default 1)")
    parser.add_argument("--time-limit", type=_not_negative, metavar="SECONDS", help="a safety stop")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".gpkg or .csv with id,package,hub"
    )
    parser.add_argument(
        "--report", type=Path, metavar="JSON", help="objective, bound, gap, packages, reasons"
    )
    parser.set_defaults(run=run, usage_error=parser.error)


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Read, bundle, write; see the module for the exit status. Errors are told on stderr."""
    _check_usage(args)
    try:
        table = read_units(args.units, [weight.name for weight in args.weights or []], _fields(args), args.id)
        unknown = _unknown(table)
        problem = _problem(args, table, unknown)
        answer = _solve(args, problem)
        if isinstance(answer, Infeasible):
            _write_report(args, {"status": "infeasible", **_infeasible(answer)})
            for reason in answer.conflict:
                _say(sys.stderr, f"no solution: {reason.text}")
            return NO_SOLUTION
        _write_answer(args, table, problem, answer, unknown)
    except WanggeError as error:
        _say(sys.stderr, f"wangge bundle: {error.message}" + (f" [{error.field}]" if error.field else ""))
        return FAILED
    except OSError as error:
        _say(sys.stderr, f"wangge bundle: {error}")
        return FAILED
    return DONE


def _say(stream: Any, text: str) -> None:
    stream.write(text + "\n")


def _check_usage(args: argparse.Namespace) -> None:
    """What argparse cannot see by one option alone; ends with status 2."""
    weights: Sequence[Weight] = args.weights or []
    if args.out.suffix.lower() not in (".gpkg", ".csv"):
        args.usage_error("--out must end in .gpkg or .csv")
    if len({weight.name for weight in weights}) != len(weights):
        args.usage_error("a --weight is given twice")
    if args.packages is None and all(weight.min is None for weight in weights):
        args.usage_error("give a --min or a number of --packages: without one, every unit alone is best")
    shares = any(str(bound).endswith("%") for weight in weights for bound in (weight.min, weight.max))
    if shares and (not isinstance(args.packages, int) or args.packages < 1):
        args.usage_error("a bound in % of the mean load needs a fixed number of --packages")
    if args.links and (args.barriers or args.bridges):
        args.usage_error("--barriers and --bridges say nothing about given --links")


def _fields(args: argparse.Namespace) -> list[str]:
    return [field for field in (args.within, args.anchors, args.lock) if field]


def _unknown(table: UnitTable) -> dict[str, Reason]:
    """Units that cannot be bundled because a weight is not known; unknown is not zero."""
    return {
        unit_id: Reason("unknown_weight", f"its {field} is not known", {"field": field})
        for unit_id, field in table.unknown.items()
    }


def _problem(args: argparse.Namespace, table: UnitTable, unknown: dict[str, Reason]) -> Problem:
    names = [weight.name for weight in args.weights or []]
    units = [
        Unit(
            unit_id,
            x,
            y,
            {name: table.number(place, name) for name in names},
            table.text(place, args.within) if args.within else None,
            table.flag(place, args.anchors) if args.anchors else False,
            table.text(place, args.lock) if args.lock else None,
        )
        for place, (unit_id, x, y) in enumerate(table.points())
        if unit_id not in unknown
    ]
    rules = Rules(
        tuple(_activity(weight, units, args.packages) for weight in args.weights or []),
        packages=args.packages,
        max_members=args.max_members,
        within=bool(args.within),
        anchors=bool(args.anchors),
        leave_out_price=None if args.all else 1.0,
    )
    kept = {unit.id for unit in units}
    links = tuple(link for link in _links(args, table) if link.a in kept and link.b in kept)
    return Problem(tuple(units), links, rules, args.objective)


def _activity(weight: Weight, units: Sequence[Unit], packages: int | tuple[int, int] | None) -> Activity:
    total = math.fsum(unit.weights[weight.name] for unit in units)
    mean = total / packages if isinstance(packages, int) and packages else math.nan

    def bound(text: str | None) -> float | None:
        if text is None:
            return None
        return float(text[:-1]) / 100 * mean if text.endswith("%") else float(text)

    return Activity(weight.name, bound(weight.min), bound(weight.max))


def _links(args: argparse.Namespace, table: UnitTable) -> list[Link]:
    if args.links:
        return read_links(args.links, set(table.ids))
    barriers = read_lines(args.barriers, table.plane.crs) if args.barriers else None
    bridges = read_lines(args.bridges, table.plane.crs) if args.bridges else None
    return neighbours(table.plane, args.gap, barriers, bridges, with_cut=True)


def _solve(args: argparse.Namespace, problem: Problem) -> tuple[Solution, ...] | Infeasible:
    if args.alternatives > 1:
        return alternatives(
            problem, args.alternatives, effort=args.effort, seed=args.seed, time_limit=args.time_limit
        )
    answer = solve(problem, effort=args.effort, seed=args.seed, time_limit=args.time_limit)
    return answer if isinstance(answer, Infeasible) else (answer,)


def _write_answer(
    args: argparse.Namespace,
    table: UnitTable,
    problem: Problem,
    plans: Sequence[Solution],
    unknown: dict[str, Reason],
) -> None:
    reports = []
    for number, plan in enumerate(plans, start=1):
        # the first plan goes to OUT itself, the others beside it: plan.csv, plan-2.csv …
        path = args.out if number == 1 else args.out.with_stem(f"{args.out.stem}-{number}")
        write_plan(path, table, plan)
        reports.append({"out": path.name, **_report(problem, plan, unknown)})
        out = len(plan.left_out) + len(unknown)
        gap = "no bound" if plan.gap is None else f"at most {plan.gap:.1%} from ideal"
        _say(
            sys.stdout,
            f"{path}: {len(plan.packages)} packages, {out} units left out, {gap}, {plan.seconds:.1f} s",
        )
    if len(plans) < args.alternatives:
        _say(
            sys.stdout,
            f"{args.alternatives} plans were asked for, the search met {len(plans)} different ones",
        )
    _write_report(args, {"status": "solved", **reports[0], "alternatives": reports[1:]})


def _report(problem: Problem, plan: Solution, unknown: dict[str, Reason]) -> dict[str, Any]:
    parts = plan.parts
    return {
        "objective": parts.distance,
        "objective_kind": problem.objective,
        "parts": {
            "left_out": parts.left_out,
            "soft": parts.soft,
            "distance": parts.distance,
            "imbalance": parts.imbalance,
        },
        "lower_bound": plan.bound,
        "gap": plan.gap,
        "proven_optimal": plan.proven,
        "stopped_by": plan.stopped_by,
        "seconds": round(plan.seconds, 3),
        "seed": plan.seed,
        "packages": [
            {"id": p.id, "hub": p.hub, "members": list(p.members), "loads": dict(p.loads)}
            for p in plan.packages
        ],
        "left_out": [
            {"id": unit_id, **_reason(reason)} for unit_id, reason in {**plan.left_out, **unknown}.items()
        ],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "reason": reason.text, "figures": dict(reason.figures)}


def _infeasible(answer: Infeasible) -> dict[str, Any]:
    return {
        "conflict": [_reason(reason) for reason in answer.conflict],
        "proven": answer.proven,
        "stopped_by": answer.stopped_by,
        "seconds": round(answer.seconds, 3),
        "seed": answer.seed,
    }


def _write_report(args: argparse.Namespace, report: dict[str, Any]) -> None:
    if args.report is None:
        return
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)
    args.report.write_text(text + "\n", encoding="utf-8")
