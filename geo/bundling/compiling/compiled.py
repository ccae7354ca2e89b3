"""How loops are compiled: to machine code at first call, kept on disk, without reordering of sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

from geo.bundling.compiling.kernel_files import KernelCache

Given = ParamSpec("Given")
Found = TypeVar("Found")

KERNELS: list[Any] = []
"""Every compiled loop that was imported, as numba's dispatchers."""


def compiled(kernel: Callable[Given, Found]) -> Callable[Given, Found]:
    """Compile a loop over plain values and arrays (numba); floats add up in the order written.

    Other threads run meanwhile. Never fast-math, never parallel: same values in, same values out.
    Machine code is kept between runs, see :mod:`geo.bundling.compiling.kernel_files`.
    """
    return _kept(kernel)


def bare(kernel: Callable[Given, Found]) -> Callable[Given, Found]:
    """:func:`compiled` for a loop that makes no array, only changes those given.

    Nobody counts then who holds an array: with tuples of many arrays a call costs a tenth. A division
    by zero gives inf or nan, as in numpy.
    """
    return _kept(kernel, _nrt=False, error_model="numpy")


def inlined(kernel: Callable[Given, Found]) -> Callable[Given, Found]:
    """:func:`bare` for a small step of an inner loop: copied into each loop that calls it."""
    return _kept(kernel, _nrt=False, error_model="numpy", forceinline=True)


def _kept(kernel: Callable[Given, Found], **options: Any) -> Callable[Given, Found]:
    """Compile with its machine code in our folders: numba's `cache=True` passes over what it cannot write."""
    dispatcher = numba.njit(nogil=True, **options)(kernel)
    dispatcher._cache = KernelCache(kernel)
    KERNELS.append(dispatcher)
    return cast("Callable[Given, Found]", dispatcher)
