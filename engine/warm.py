"""Fill the cache of compiled kernels: `python -m engine.warm` in a process of its own, so that no screen waits for it.

Each entry makes a kernel compile for the arguments it is used with, by using it on a few numbers. What the cache
already holds costs a few hundredths of a second.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.training import Run


def network_double() -> None:
    """Training of networks in double precision."""
    _train("double")


def network_single() -> None:
    """Training of networks in single precision."""
    _train("single")


def together() -> None:
    """Runs in lanes."""
    from engine.training import Run
    from engine.training_together import run_together

    first = _run("double")
    run_together([first, Run(first.network, first.data, first.settings)])


def tape() -> None:
    """Graphs over many rows."""
    from engine.compiled import load_kernel

    load_kernel()


def _run(precision: str) -> Run:
    from engine.network import Layer, build_network
    from engine.training import Run, RunSettings, training_data

    settings = RunSettings("bce", batch=1, epochs=1, precision=precision)
    return Run(build_network(1, [Layer(1, "sigmoid")]), training_data([[0.0], [1.0]], [0, 1]), settings)


def _train(precision: str) -> None:
    _run(precision).run()


KERNELS: dict[str, Callable[[], None]] = {
    "network": network_double,
    "network in single precision": network_single,
    "runs together": together,
    "tape": tape,
}


def warm(names: list[str] | None = None) -> None:
    """Compile these kernels, or all, into the cache."""
    for name in names or list(KERNELS):
        KERNELS[name]()


if __name__ == "__main__":
    warm(sys.argv[1:] or None)
