"""How loops are compiled: to machine code at first call, kept on disk, without reordering of sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

from geo.bundling.kernel_files import KernelCache

Given = ParamSpec("Given")
Found = TypeVar("Found")

_compile: Callable[..., Any] = numba.njit(nogil=True)

KERNELS: list[Any] = []
"""Every compiled loop that was imported, as numba's dispatchers."""


def compiled(kernel: Callable[Given, Found]) -> Callable[Given, Found]:
    """Compile a loop over plain values and arrays (numba); floats add up in the order written.

    Other threads run meanwhile. Never fast-math, never parallel: same values in, same values out.
    Machine code is kept between runs, see :mod:`geo.bundling.kernel_files`.
    """
    dispatcher = _compile(kernel)
    dispatcher._cache = KernelCache(kernel)
    KERNELS.append(dispatcher)
    return cast("Callable[Given, Found]", dispatcher)
