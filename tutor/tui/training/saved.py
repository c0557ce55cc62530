"""Where runs were left, kept in the state folder: epoch and batch of each run, and its changed learning rates.

A run's numbers follow from the lesson and these, so that is all there is to keep: going back means training again, to
the same numbers. One small file a training step, named by what the runs depend on; a changed lesson has another name.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.atomic import make_private
from tutor.files import read_bytes, write_atomic
from tutor.messages import state_folder

MOST_BYTES = 200_000
MOST_FILES = 300
MOST_EPOCHS = 10_000_000


@dataclass(frozen=True)
class RestingPlace:
    """`epoch` epochs and `batch` batches are done; `rates` are changes of the learning rate: epoch, batch, new rate."""

    epoch: int = 0
    batch: int = 0
    rates: tuple[tuple[int, int, float], ...] = ()


Places = Mapping[str, RestingPlace]


def key_of(opening: Mapping[str, Any]) -> str:
    """The name of what these runs depend on: the lesson's text, settings, seed, variant, and which runs they are."""
    digest = hashlib.sha256()
    with suppress(OSError, ValueError):
        digest.update(read_bytes(str(opening["lesson"]), 4 << 20))
    told = [opening.get(part) for part in ("lesson", "settings", "seed", "variant", "runs")]
    digest.update(json.dumps(told, sort_keys=True).encode())
    return digest.hexdigest()[:32]


def folder() -> Path:
    """Where the places lie."""
    return state_folder() / "training"


def save(key: str, places: Places) -> bool:
    """Keeps the places; whether that was possible."""
    text = json.dumps({name: [one.epoch, one.batch, one.rates] for name, one in places.items()})
    try:
        make_private(folder())
        write_atomic(folder() / f"{key}.json", text.encode(), 0o600)
        _forget_old()
    except OSError:
        return False
    return True


def _forget_old() -> None:
    """The files that were not written for longest go, where there are very many."""
    found = list(folder().glob("*.json"))
    if len(found) > MOST_FILES:
        for path in sorted(found, key=lambda one: one.stat().st_mtime)[: len(found) - MOST_FILES]:
            with suppress(OSError):
                path.unlink()


def load(key: str) -> dict[str, RestingPlace]:
    """The places that were kept; none for a file that is not there or makes no sense."""
    try:
        stored = json.loads(read_bytes(folder() / f"{key}.json", MOST_BYTES))
        return {str(name): _place(*one) for name, one in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _place(epoch: int, batch: int, rates: list[list[float]]) -> RestingPlace:
    """Raises ValueError for numbers that no run has."""
    changes = tuple((int(at), int(within), float(rate)) for at, within, rate in rates)
    epochs = [int(epoch), int(batch), *(number for change in changes for number in change[:2])]
    if not all(0 <= number <= MOST_EPOCHS for number in epochs):
        raise ValueError("out of range")
    if not all(math.isfinite(rate) and rate >= 0 for _, _, rate in changes):
        raise ValueError("no learning rate")
    return RestingPlace(int(epoch), int(batch), changes)
