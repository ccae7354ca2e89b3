"""How loops are compiled: to machine code at first call, kept on disk, without reordering of sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core import types

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
    """Compile with its machine code in our folders: numba's `cache=True` passes over what it cannot write.

    For calls out of other loops there is a second form, made when such a loop is compiled and a part of it: it
    lacks what takes the values of a call out of Python's objects, which with tuples of many arrays costs the
    compiler more than the loop. So only what Python calls is kept.
    """
    options |= {"nogil": True, "no_cfunc_wrapper": True}
    dispatcher: Any = numba.njit(**options)(kernel)
    options |= {"no_cpython_wrapper": True}
    inner: Any = numba.njit(**options)(kernel)

    def called_by_a_loop(args: Iterable[types.Type], kws: Mapping[str, types.Type]) -> Any:
        return inner.get_call_template(
            tuple(_plain(each) for each in args), {name: _plain(each) for name, each in kws.items()}
        )

    dispatcher.get_call_template = called_by_a_loop
    dispatcher.get_overload = inner.get_overload
    dispatcher._cache = KernelCache(kernel)
    KERNELS.append(dispatcher)
    return cast("Callable[Given, Found]", dispatcher)


def _plain(given: Any) -> Any:
    """Without the value, where it is a constant number: to numba f(a, -1) and f(a, i) were two loops to compile.

    A constant yes or no stays one: such a loop has two forms, each without the other's branches.
    """
    constant = isinstance(given, types.Literal) and not isinstance(given, types.BooleanLiteral)
    return given.literal_type if constant else given
