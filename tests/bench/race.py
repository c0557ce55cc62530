"""What the benchmarks of speed share: one thread, the peers that are installed, rounds, and one table at the end.

Each contestant does the same work; results are compared before anything is timed. What a user does once (arrays,
models, compiling) is outside the time. Rounds are interleaved, so that a slow moment of the machine hits all; the best
of them counts. Peers that are not installed are left out.
"""

# ruff: noqa: E402  (the number of threads must be set before NumPy is imported)

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None
try:
    import jax

    jax.config.update("jax_enable_x64", True)
except ImportError:
    jax = None

ROUNDS = int(os.environ.get("ROUNDS", "5"))


@dataclass
class Contestant:
    """`work` on what `prepare` gives; its result is compared. It does 1/`share` of the whole."""

    name: str
    work: Callable[[Any], Any]
    share: float = 1
    prepare: Callable[[], Any] = lambda: None


@dataclass(frozen=True)
class Result:
    """The best time of one contestant, in milliseconds, and how often ours fits into it."""

    title: str
    name: str
    taken: float
    ratio: float


def compete(title: str, contestants: Sequence[Contestant], agree: Callable[[str, Any, Any], None]) -> list[Result]:
    """The first contestant is ours. `agree(name, found, expected)` raises where a result is another one."""
    expected = contestants[0].work(contestants[0].prepare())
    for each in contestants:
        found = each.work(each.prepare())
        if each.share == 1:
            agree(each.name, found, expected)
    best = dict.fromkeys((each.name for each in contestants), np.inf)
    for _ in range(ROUNDS):
        for each in contestants:
            ready = each.prepare()
            start = time.perf_counter()
            each.work(ready)
            best[each.name] = min(best[each.name], (time.perf_counter() - start) * each.share * 1e3)
    own = best[contestants[0].name]
    return [Result(title, name, taken, taken / own) for name, taken in best.items()]


def within(tolerance: float) -> Callable[[str, Any, Any], None]:
    """Numbers agree to this relative tolerance."""

    def agree(name: str, found: Any, expected: Any) -> None:
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=tolerance, err_msg=name)

    return agree


def show(results: Iterable[Result]) -> None:
    """One table: the work, who did it, how long it took and how often ours fits into that."""
    print(f"OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', 'unset')}, best of {ROUNDS} rounds, one thread")
    print(f"\n{'':34}{'ms':>12}{'× ours':>12}")
    title = ""
    for each in results:
        if each.title != title:
            title = each.title
            print(title)
        print(f"  {each.name:32}{each.taken:12.2f}{each.ratio:12.2f}")
