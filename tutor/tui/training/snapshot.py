"""What the training process tells the screen, as plain data: one line of JSON each way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RunSnapshot:
    """A run as it stands: `epoch` of `epochs`, its state (ready, running, paused, finished, calm, diverged), what is
    said about it, the learning rate, and its curves at `places` (epochs), thinned out evenly.

    `field` is the network's output over a window of the plane (rows from the top), `points` the data on it.
    """

    name: str
    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    status: str = "ready"
    sentence: str = ""
    lr: float = 0.0
    places: tuple[int, ...] = ()
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    grid: tuple[tuple[float, ...], ...] = ()
    window: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)
    points: tuple[tuple[float, float, int], ...] = ()


def encoded(message: Mapping[str, Any]) -> bytes:
    """One line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decoded(line: bytes) -> dict[str, Any]:
    """The message of one line; empty for a line that is none."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def run_of(message: Mapping[str, Any]) -> RunSnapshot:
    """The snapshot of a run in a message."""
    return RunSnapshot(
        name=str(message["name"]),
        epoch=int(message["epoch"]),
        epochs=int(message["epochs"]),
        batch=int(message["batch"]),
        status=str(message["status"]),
        sentence=str(message["sentence"]),
        lr=float(message["lr"]),
        places=tuple(message["places"]),
        curves={key: tuple(values) for key, values in message["curves"].items()},
        grid=tuple(tuple(row) for row in message["grid"]),
        window=tuple(message["window"]),
        points=tuple((x, y, label) for x, y, label in message["points"]),
    )


def thinned(count: int, most: int) -> list[int]:
    """At most `most` places out of `count`, evenly, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
