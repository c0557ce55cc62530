"""Damaged checkpoints, and checkpoints that were changed by somebody who can compute checksums.

The cases of `tests/bench/fuzz_files.py checkpoints`.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from engine.checkpoint import Checkpoint, checkpoint_bytes, read_checkpoint
from engine.errors import CheckpointError
from engine.network import Layer, build_network
from engine.training import Run, RunSettings, TrainingData, resume, training_data

TOKENS = [
    b"\xff" * 8,
    b"\0" * 8,
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"(9999999999,)",
    b"'|O'",
    b"-1",
    b"format",
    b"9" * 12,
]
NUMBERS = (-(2**63), -(10**9), -17, -2, -1, 0, 1, 2, 3, 4, 5, 17, 10**6, 2**31, 2**63 - 1)
VALUES: tuple[Any, ...] = (None, True, -1, 0, 1, 2, 2.5, 1e300, "", "all", "bce", [], {}, [{"units": 1}])


@cache
def rows() -> TrainingData:
    draw = np.random.default_rng(1)
    return training_data(draw.normal(size=(7, 2)), draw.integers(0, 2, 7))


@cache
def checkpoints() -> tuple[Checkpoint, ...]:
    """In the middle of an epoch: a run of two layers, and one of a single unit that moves after every row."""
    found = []
    for layers, batch in (((Layer(3, "tanh"), Layer(1, "sigmoid")), 3), ((Layer(1, "sigmoid"),), 1)):
        settings = RunSettings("bce", batch=batch, epochs=4, shuffle=batch > 1, keep_best=True)
        run = Run(build_network(2, list(layers), "xavier"), rows(), settings)
        for _ in range(5):
            run.step_batch()
        arrays, about = run.state()
        state = {name.replace("/", "--"): array for name, array in arrays.items()}
        found.append(Checkpoint(run.parameters, state, "l", "r", about, run.epoch, "1", "d"))
    return tuple(found)


def damaged(data: bytes) -> tuple[bool, list[str]]:
    """What is read of a damaged file at all is what was written."""
    try:
        read_checkpoint(data, "run.npz")
    except CheckpointError as error:
        return False, [error.message]
    return True, []


def doctored(random_: random.Random) -> tuple[bool, list[str]]:
    """Sound checksums over odd numbers: it is refused, or goes on to its end."""
    sound = random_.choice(checkpoints())
    state, about = dict(sound.state), dict(sound.settings)
    for _ in range(random_.randrange(1, 4)):
        name = random_.choice([*state, "counters", "counters", "history", "settings"])
        if name == "settings":
            about = with_other_value(random_, about)
        elif name in state:
            state[name] = with_other_numbers(random_, state[name])
    try:
        back = read_checkpoint(checkpoint_bytes(replace(sound, state=state, settings=about)), "run.npz")
        arrays = {name.replace("--", "/"): array for name, array in back.state.items()}
        run = resume(arrays, back.settings, rows())
    except CheckpointError as error:
        return False, [error.message]
    run.step_batch()
    run.run(max(run.epoch, 0) + 2)
    assert len(run.history) == run.epoch + 1 and run.outcome().sentence
    return True, []


def with_other_value(random_: random.Random, about: dict[str, Any]) -> dict[str, Any]:
    """One value of the settings, or of what stands beside them, is another."""
    if random_.random() < 0.3:
        return about | {random_.choice([*about]): random_.choice(VALUES)}
    settings = dict(about["settings"]) if isinstance(about["settings"], dict) else {}
    return about | {"settings": settings | {random_.choice([*settings, "new"]): random_.choice(VALUES)}}


def with_other_numbers(random_: random.Random, array: np.ndarray) -> np.ndarray:
    """One number is another, or the shape, or the type; or the numbers are gone."""
    kind = random_.randrange(8)
    if kind == 0:
        return array[: random_.randrange(len(array) + 1)]
    if kind == 1:
        return np.concatenate([array, array])
    if kind == 2:
        return array[..., :1]
    if kind == 3:
        with np.errstate(invalid="ignore", over="ignore"):
            return array.astype(random_.choice(["<f4", "<i4", "<f8"]), casting="unsafe")
    changed = array.copy()
    if changed.size:
        number = random_.choice(NUMBERS) if array.dtype.kind == "i" else random_.choice([*NUMBERS, np.nan, np.inf])
        with np.errstate(invalid="ignore", over="ignore"):
            changed.flat[random_.randrange(changed.size)] = np.array(number).astype(changed.dtype)
    return changed
