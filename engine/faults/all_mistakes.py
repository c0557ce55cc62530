"""Everything that can go wrong with one derivative."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.faults.catalogue import Candidate, cost
from engine.faults.edges import dropped_nodes, dropped_paths, local_mistakes
from engine.faults.everywhere import repeated_mistakes
from engine.faults.nodes import node_mistakes
from engine.faults.others import other_derivatives
from engine.faults.paths import Paths
from engine.faults.products import multiplied_paths
from engine.faults.values import values_given


def all_mistakes(paths: Paths) -> Iterator[Candidate]:
    """Every wrong derivative of the catalogue; values are points × rows × channels, before rows are pooled."""
    with np.errstate(all="ignore"):
        yield Candidate("claimed-zero", None, paths.right * 0.0, cost("claimed-zero", 1.0))
        yield from local_mistakes(paths)
        yield from dropped_nodes(paths)
        yield from dropped_paths(paths)
        yield from multiplied_paths(paths)
        yield from other_derivatives(paths)
        yield from node_mistakes(paths)
        yield from repeated_mistakes(paths)
        yield from values_given(paths)
