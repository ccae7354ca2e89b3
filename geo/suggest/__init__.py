"""Suggesting grids (网格划分建议) of a neighbourhood: pure, no database, no web.

ground.py                what is given: outline, buildings with households, roads, waters, lines; limits
partition.py             new grids
rebalance.py             the least change to today's grids that brings all within the limits
merging.py               several layers of grids into one (多网合一), with what they disagree on
layers.py, proposals.py  grids there are, and what comes out

How it is done:
faces.py                 all lines together cut the ground into faces that share edges exactly
cells.py                 faces joined to cells: what is nearest to a building, never across a road
grouping.py              cells grouped by the bundling engine
coarse.py                many cells put together to clumps, to divide roughly first
polish.py                borders shortened and led along roads, cell by cell
outlines.py, measures.py polygons with calm borders; figures of shape, size and roads
"""

from geo.suggest.ground import CannotSuggest, Ground, Limits, ground
from geo.suggest.layers import Layer, layer
from geo.suggest.measures import Figures
from geo.suggest.merging import Conflict, Merged, merge_layers
from geo.suggest.partition import partition
from geo.suggest.proposals import Grid, Proposal
from geo.suggest.rebalance import Rebalanced, rebalance

__all__ = [
    "CannotSuggest",
    "Conflict",
    "Figures",
    "Grid",
    "Ground",
    "Layer",
    "Limits",
    "Merged",
    "Proposal",
    "Rebalanced",
    "ground",
    "layer",
    "merge_layers",
    "partition",
    "rebalance",
]
