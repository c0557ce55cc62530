"""The value of a node where its derivative is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.faults import Candidate, cost
from engine.faults.paths import Paths
from engine.lead import LEAD, Array


def values_given(paths: Paths) -> Iterator[Candidate]:
    """The value of what is differentiated, or of what it is differentiated by, as the whole answer."""
    for key, entry, more in ((paths.of.key, paths.of.entry, 0.1), (paths.by.key, paths.by.entry, 0.4)):
        if key not in paths.graph.nodes and more < 0.4:
            continue
        value = _entries(paths.points.at(key), entry)
        if value.shape[-1] == paths.above * paths.below:
            about = "the value itself"
            yield Candidate("value-not-derivative", key, value, cost("value-not-derivative", more), None, about)


def _entries(value: Array, entry: int | None) -> Array:
    flat = np.reshape(value, (*value.shape[: LEAD - 1], -1))
    return flat if entry is None else flat[..., entry : entry + 1]
