"""Bundling neighbouring units into packages or grids (标包、划片打包): pure, no database, no web.

problem.py       what is asked: units, links, activities, rules
graph.py         footprints → neighbour links; where geometry ends and graphs begin
model.py         the problem compiled for searching
conflicts.py     rules that no plan can keep together
arrays.py, state.py, moves.py   the problem and a plan as arrays; what a move would change
starts.py        first plans            search.py    the search as a whole
anneal.py, improve.py, pool.py  annealing, its slices, and the packages met on the way
windows.py       clusters of packages annealed afresh, recombined, mended; packages that wander
finish.py        repair                 bound.py     proven lower bound
explain.py       reasons                solver.py    the solver
answer.py        the solver with what binds its plan, or the smallest set of rules that conflict
exchanges.py, binding.py   what is next to a plan, and which rule alone stops it
prices.py        what each rule costs
check.py         which rules a plan breaks
relax.py, remedies.py, smallest.py   rules taken away one by one: which conflict, what change is enough
alternatives.py, variants.py, difference.py, told.py   several different plans, and what each is better at
"""

from geo.bundling.alternatives import alternatives
from geo.bundling.answer import solve
from geo.bundling.check import Violation, check
from geo.bundling.errors import BundlingError
from geo.bundling.graph import neighbours, touching
from geo.bundling.plan import Infeasible, Package, Parts, Reason, Solution
from geo.bundling.prices import RulePrice, price_of_rules
from geo.bundling.problem import Activity, Centre, Link, Problem, Rules, Unit

__all__ = [
    "Activity",
    "BundlingError",
    "Centre",
    "Infeasible",
    "Link",
    "Package",
    "Parts",
    "Problem",
    "Reason",
    "RulePrice",
    "Rules",
    "Solution",
    "Unit",
    "Violation",
    "alternatives",
    "check",
    "neighbours",
    "price_of_rules",
    "solve",
    "touching",
]
