"""The smallest set of rules that conflict (最小冲突集), and what change of each would lead to a plan.

Which rules conflict is proven by counting, over and over with rules taken away (QuickXplain, Junker 2004), in small
problems by looking through every plan: of the set told none can be spared then. Where that is not shown, it is said.
What change of a rule is enough is shown by a plan.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from geo.bundling.plan import Figure, Infeasible, Reason, number
from geo.bundling.problem import Problem
from geo.bundling.reasons.conflicts import LOOKED_THROUGH, proven_conflict
from geo.bundling.reasons.relax import Rule, bound_of, rules_of, without
from geo.bundling.reasons.remedies import BOUNDS, Change, Trial, smallest_change

_MOST_TOLD = 8
"""Rules of a conflict that are told one by one."""
_GROUPED = ("lock", "together", "apart")


def conflict_told(problem: Problem, answer: Infeasible, trial: Trial) -> tuple[Reason, ...]:
    """The conflict of an answer, followed by the rules of a smallest set with the change that each needs."""
    rules = kept = rules_of(problem)
    if not rules:
        return answer.conflict
    head = proven_conflict(problem)
    if head is not None:
        kept = smallest_set(rules, lambda some: _counted(problem, rules, some) is not None)
        head = _counted(problem, rules, kept)
    settled = _Settled(problem, rules, trial)
    if (head or answer.proven) and settled.possible(kept) is False:
        # looking through every plan may show fewer of the rules to be enough than a count of them does
        kept = smallest_set(kept, lambda some: settled.possible(some) is False)
        head = _counted(problem, rules, kept) or head or LOOKED_THROUGH
        return _proven(problem, head, kept, trial, settled)
    return _proven(problem, head, kept, trial, None) if head else _unproven(problem, answer, trial)


def smallest_set(rules: Sequence[Rule], stands: Callable[[Sequence[Rule]], bool]) -> list[Rule]:
    """A smallest part of ``rules`` for which ``stands`` (that they conflict) still holds.

    >>> smallest_set([Rule("a"), Rule("b"), Rule("c")], lambda some: Rule("b") in some)
    [Rule(kind='b', name='')]
    """

    def search(sure: list[Rule], grown: bool, rest: list[Rule]) -> list[Rule]:
        if grown and stands(sure):
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        right = search([*sure, *rest[:half]], True, rest[half:])
        left = search([*sure, *right], bool(right), rest[:half])
        return left + right

    found = search([], True, list(rules))
    kept = [rule for rule in rules if rule in found]
    return kept if stands(kept) else _one_by_one(rules, stands)


def _one_by_one(rules: Sequence[Rule], stands: Callable[[Sequence[Rule]], bool]) -> list[Rule]:
    """For proofs that fewer rules can make easier to see: take away what the proof can spare, rule by rule."""
    kept = list(rules)
    for rule in rules:
        fewer = [each for each in kept if each != rule]
        if stands(fewer):
            kept = fewer
    return kept


class _Settled:
    """Whether there is a plan that keeps some rules, none of them asked about twice."""

    def __init__(self, problem: Problem, rules: Sequence[Rule], trial: Trial) -> None:
        self.problem, self.rules, self.trial = problem, frozenset(rules), trial
        self.known: dict[frozenset[Rule], bool | None] = {}

    def possible(self, some: Sequence[Rule]) -> bool | None:
        """None where that is not settled."""
        gone = self.rules - set(some)
        if gone not in self.known:
            self.known[gone] = self.trial.possible(without(self.problem, gone))
        return self.known[gone]


def _counted(problem: Problem, rules: Sequence[Rule], some: Sequence[Rule]) -> Reason | None:
    return proven_conflict(without(problem, set(rules) - set(some)))


def _proven(
    problem: Problem, head: Reason, kept: Sequence[Rule], trial: Trial, settled: _Settled | None
) -> tuple[Reason, ...]:
    """The rules of a proven conflict; ``irreducible`` when there is a plan without each of them."""
    others = set(rules_of(problem)) - set(kept)
    told, spared = [], 0
    for rule in kept[:_MOST_TOLD]:
        change = smallest_change(problem, rule, trial)
        if settled is None and (change or trial.plan(without(problem, {*others, rule}))):
            spared += 1
        told.append(_rule_reason(problem, rule, change))
    if settled is not None:
        spared = sum(settled.possible([each for each in kept if each != rule]) is True for rule in kept)
    figures = {**head.figures, "rules": len(kept), "irreducible": int(spared == len(kept))}
    return (dataclasses.replace(head, figures=figures), *told, *_short_of_all(len(kept), len(told), spared))


def _short_of_all(rules: int, told: int, spared: int) -> list[Reason]:
    """What the list does not show: rules that it leaves out, or that none of them can be spared."""
    found = []
    if told < rules:
        text = f"{rules} rules make this conflict, {told} of them are named"
        found.append(Reason("conflict_more", text, {"rules": rules, "told": told}))
    elif spared < rules:
        text = "it is not shown that each of these rules is needed for the conflict: fewer may make it"
        found.append(Reason("conflict_fewer", text, {"rules": rules}))
    return found


def _unproven(problem: Problem, answer: Infeasible, trial: Trial) -> tuple[Reason, ...]:
    """Each rule, or kind of rule, without which the search does find a plan: all of them are in every conflict."""
    told = []
    for rule, group in _kinds(problem):
        if len(group) == 1:
            change = smallest_change(problem, rule, trial)
            if change is not None:
                told.append(_rule_reason(problem, rule, change))
        elif (plan := trial.plan(without(problem, group))) is not None:
            said = f"without all {len(group)} of them there is a plan"
            change = Change(None, said, plan, {"change": "drop", "count": len(group)})
            told.append(_rule_reason(problem, Rule(rule.kind), change))
    if answer.proven and not told:
        # two conflicts at once: no rule alone is in both, so all are named
        told = [_rule_reason(problem, rule, None) for rule in rules_of(problem)[:_MOST_TOLD]]
    if answer.proven:
        text = "it is not shown that these rules are the whole conflict, nor that each of them is needed"
        told.append(Reason("conflict_other", text))
    return (*answer.conflict, *told)


def _kinds(problem: Problem) -> list[tuple[Rule, list[Rule]]]:
    found: dict[Rule, list[Rule]] = {}
    for rule in rules_of(problem):
        found.setdefault(Rule(rule.kind) if rule.kind in _GROUPED else rule, []).append(rule)
    return [(group[0], group) for group in found.values()]


def _rule_reason(problem: Problem, rule: Rule, change: Change | None) -> Reason:
    figures: dict[str, Figure] = {"rule": rule.name or rule.kind}
    if rule.kind in BOUNDS:
        figures["limit"] = bound_of(problem, rule)
    if rule.kind in ("together", "apart") and rule.name:
        group = getattr(problem.rules, rule.kind)[int(rule.name)]
        figures["units"] = ", ".join(group[:50])
    said = change.said if change else "loosening it alone leads to no plan that was found"
    figures |= change.figures if change else {"change": None}
    return Reason(f"rule_{rule.kind}", f"{_subject(problem, rule, figures)}: {said}", figures)


def _subject(problem: Problem, rule: Rule, figures: dict[str, Figure]) -> str:
    kind = rule.kind
    if kind in ("lower", "upper"):
        least = "at least" if kind == "lower" else "at most"
        return f"{rule.name} {least} {number(bound_of(problem, rule))} in each package"
    low, high = problem.rules.package_range()
    group = figures.get("units", "units")
    said = {
        "max_members": f"at most {problem.rules.max_members} members in each package",
        "fewest": f"at least {low} packages",
        "most": f"at most {high:g} packages",
        "within": "packages within one area",
        "anchors": "an anchor in every package",
        "place_all": "every unit in a package",
        "barrier": "no package across a barrier",
        "gap": "no package across a wider gap than allowed",
        "together": f"{group} together",
        "apart": f"{group} apart",
        "lock": f"the lock to {rule.name}" if rule.name else "the locks",
    }
    return said[kind]
