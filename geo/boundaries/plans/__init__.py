"""Grid plans (网格方案): an area's cells drawn anew by one person, approved and published by another.

layers.py                          what is planned: grids, communities, building groups; their codes
rows.py, cells.py, steps.py        a plan, its cells as drafted, its steps there and back
requests.py                        what may be asked of a draft
ground.py, surroundings.py         what an operation needs to know: cells near, parents, buildings, roads
operations.py, borders.py          what it does, and means beyond its parent
drawing.py, answers.py, figures.py previewed or kept, and told with figures
faults.py, refusals.py             what is wrong, and why something was refused
conflicts.py, rebasing.py          ground that changed meanwhile, and taking it in
fixing.py                          faults mended as steps
suggesting.py, adopting.py         grids suggested as a job, one suggestion taken in
comments.py, dates.py              what was said, and when grids changed
withdrawing.py                     a publication taken back before its day
lineage.py, review.py, publishing.py   compared, approved, published
"""

from geo.boundaries.plans.drafts import all_plans, create, discard, drafted, rename, view
from geo.boundaries.plans.drawing import operate, travel
from geo.boundaries.plans.publishing import FARTHEST, publish
from geo.boundaries.plans.review import approve, give_back, submit
from geo.boundaries.plans.withdrawing import withdraw

__all__ = [
    "FARTHEST", "all_plans", "approve", "create", "discard", "drafted", "give_back", "operate", "publish", "rename",
    "submit", "travel", "view", "withdraw",
]  # fmt: skip
