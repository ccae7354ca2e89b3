"""Bundling neighbouring units into packages or grids (标包、划片打包): pure, no database, no web.

What is asked and answered, in plain values:
problem.py, plan.py      units, links, activities, rules; packages, their price in parts, reasons
graph.py                 footprints → neighbour links; where geometry ends and graphs begin
check.py                 which rules a plan breaks

From the front door inwards:
answer.py                the solver with what binds its plan, or the smallest set of rules that conflict
settle.py, solver.py     the solver with its proof; the solver alone
solution.py              what a call carries along, and its plan as an answer
prices.py                what each rule costs
alternatives.py, variants.py, difference.py, told.py   several different plans, and what each is better at
warm.py                  every loop compiled ahead

The rooms, each on those below it:
centres/      packages round given centres
search/       first plans, annealing, windows, mending
proof/        every package that could still matter
reasons/      rules in conflict, rules that bind, units left out, remedies
bounds/       the proven lower bound
programmes/   the best plan out of given packages
forms/        the problem as atoms, columns and flat arrays
compiling/    loops as machine code
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
