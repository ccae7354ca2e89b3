"""How loops are compiled: to machine code at first call, kept on disk, without reordering of sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

Given = ParamSpec("Given")
Found = TypeVar("Found")

_compile: Callable[..., Any] = numba.njit(cache=True, nogil=True)


def compiled(kernel: Callable[Given, Found]) -> Callable[Given, Found]:
    """Compile a loop over plain values and arrays (numba); floats add up in the order written.

    Other threads run meanwhile. Never fast-math, never parallel: same values in, same values out.
    """
    return cast("Callable[Given, Found]", _compile(kernel))
