"""Tessellations (剖分) and the operations on them, each of which leaves one behind or says why and where it cannot.

`model` says what a tessellation and a change are, `segments` reads its topology off, `noding` fits a new line to
borders, `redraw` gives faces to cells, `moving` moves vertices; `cells`, `edges` and `snapping` hold the operations
of the planner.
"""

from geo.boundaries.tessellation.cells import draw, fill, give, merge, split
from geo.boundaries.tessellation.edges import move_vertex, rehome, reshape
from geo.boundaries.tessellation.model import Arc, Change, Refused, Tessellation, same, tessellate
from geo.boundaries.tessellation.segments import Cell
from geo.boundaries.tessellation.snapping import snap

__all__ = [
    "Arc",
    "Cell",
    "Change",
    "Refused",
    "Tessellation",
    "draw",
    "fill",
    "give",
    "merge",
    "move_vertex",
    "rehome",
    "reshape",
    "same",
    "snap",
    "split",
    "tessellate",
]
