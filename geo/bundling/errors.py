"""The error of the bundling floor: a problem that says something impossible to mean."""

from __future__ import annotations

from typing import ClassVar

from geo.errors import BadInput


class BundlingError(BadInput, ValueError):
    """A badly stated bundling problem (标包问题); ``field`` names the part at fault, e.g. ``unit[7].x``.

    A well stated problem that has no plan is not an error: :func:`geo.bundling.solve` answers it with
    :class:`geo.bundling.Infeasible`.
    """

    type: ClassVar[str] = "bad-bundling-problem"
    title: ClassVar[str] = "The bundling problem cannot be taken"
