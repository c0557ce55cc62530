"""Several runs at once: those of one sigmoid unit that see the same rows share the lanes of one kernel.

`run_together` leaves every run as `Run.run` would have left it, to about 12 digits: its history, weights and kept
weights, and it can be stopped and resumed as any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.run_arrays import is_logistic
from engine.training import Run

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

MOST_RUNS = 256  # in one kernel call


def run_together(runs: Sequence[Run]) -> None:
    """Take every run to the end of its settings' epochs, as many as possible side by side."""
    for group in share_lanes(runs):
        if len(group) < 2:
            group[0].run()
        else:
            _run_lanes(group)


def share_lanes(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs in groups that fit into one kernel; a run that fits nowhere is a group of its own."""
    groups: dict[Any, list[list[Run]]] = {}
    for run in runs:
        key = _key(run)
        found = groups.setdefault(id(run) if key is None else key, [[]])
        if len(found[-1]) == MOST_RUNS:
            found.append([])
        found[-1].append(run)
    return [group for found in groups.values() for group in found]


def _key(run: Run) -> Any:
    """What runs in one kernel have in common, or None for a run that cannot be in a lane."""
    s = run.settings
    if not is_logistic(run.network, s) or s.keep_best or s.precision == "single" or s.measure_every != 1:
        return None
    if run.epoch >= 0:
        return None
    common = (s.epochs, s.schedule, s.reduce, s.shuffle, s.validate_every, s.diagnostics, run.arrays.keep_every)
    return id(run.data), common


def _run_lanes(runs: list[Run]) -> None:
    """One kernel for all, in calls of some epochs; a cancelled run stops them all."""
    import numpy as np

    from engine.kernels.lanes import MEASURES, train_lanes
    from engine.vector_memory import padded

    s, data = runs[0].settings, runs[0].data
    size, lanes, rows = data.inputs.shape[1], padded(len(runs), np.float64), len(data.inputs)
    table = np.column_stack([data.inputs, data.targets]).reshape(-1)
    validation = np.zeros(1)
    if data.has_validation:
        validation = np.column_stack([data.validation_inputs, data.validation_targets]).reshape(-1)
    state = _state(runs, size, lanes)
    keys = np.zeros(lanes, np.uint64)
    keys[: len(runs)] = [run.arrays.key[0] for run in runs]
    order = np.zeros(lanes * rows if s.shuffle else 1, np.int64)
    done, before = 0, state[:size].copy()
    while done <= s.epochs and not any(run.arrays.integers.flag[0] for run in runs):
        epochs = min(s.epochs + 1 - done, max(1, (1 << 21) // (lanes * (size + 1 + MEASURES))))
        measured = np.zeros((epochs, MEASURES, lanes))
        kept = np.zeros((epochs, size + 1, lanes))
        train_lanes(
            table, validation, state.reshape(-1), keys, order, runs[0]._shares(done, epochs), measured.reshape(-1),
            kept.reshape(-1), runs[0].arrays.integers.flag, size, lanes, done, epochs, int(s.shuffle),
            int(s.reduce == "mean"), int(s.diagnostics),
        )  # fmt: skip
        before, ratios = _update_ratios(before, kept, done)
        own = [np.ascontiguousarray(np.moveaxis(each, -1, 0)) for each in (measured, kept, ratios)]
        for lane, run in enumerate(runs):
            _hand_back(run, own[0][lane], own[1][lane], own[2][lane], done)
        done += epochs


def _state(runs: list[Run], size: int, lanes: int) -> Array:
    """The kernel's `runs`: weights twice, room for slopes, and eight numbers a run."""
    import numpy as np

    state = np.zeros((3 * (size + 1) + 8, lanes))
    for lane, run in enumerate(runs):
        weights = [*run.network.parameters["layer1.weight"][0], run.network.parameters["layer1.bias"][0]]
        state[: size + 1, lane] = state[size + 1 : 2 * (size + 1), lane] = weights
        stop = run.settings.stop
        own = state[3 * (size + 1) :, lane]
        own[1], own[2], own[3], own[4] = run.settings.lr, run.settings.l2, np.inf, np.inf
        own[6] = stop.below if stop else 0.0
        own[7] = run.arrays.choice.calm_on
    return state


def _hand_back(run: Run, measured: Array, kept: Array, ratios: Array, first: int) -> None:
    """Give a run its measurements and weights of some epochs, up to where it ended."""
    import numpy as np

    from engine.kernels import lanes, state

    if not run.is_going:
        return
    count, kind = _last(run, measured, first)
    history = np.full((count, state.COLUMNS), np.nan)
    layers = np.full((count, state.LAYER_COLUMNS, 1), np.nan)
    history[:, state.TRAIN_LOSS] = measured[:count, lanes.LOSS]
    classes = run.data.has_classes
    if classes:
        history[:, state.TRAIN_ACCURACY] = measured[:count, lanes.RIGHT]
    epochs = np.arange(first, first + count)
    if run.data.has_validation:
        chosen = epochs % run.settings.validate_every == 0
        history[chosen, state.VALIDATION_LOSS] = measured[:count][chosen, lanes.VALIDATION_LOSS]
        if classes:
            history[chosen, state.VALIDATION_ACCURACY] = measured[:count][chosen, lanes.VALIDATION_RIGHT]
    history[:, state.RATE] = np.where(epochs > 0, run.settings.lr * run._shares(first, count), np.nan)
    layers[:, state.WEIGHT_NORM, 0] = measured[:count, lanes.NORM]
    layers[:, state.UPDATE_RATIO, 0] = ratios[:count]
    if run.settings.diagnostics:
        layers[:, state.GRADIENT_NORM, 0] = measured[:count, lanes.GRADIENT]
    run._rows.append((history, layers))
    every = run.arrays.keep_every
    for epoch in epochs[epochs % every == 0] if every else ():
        run._kept[int(epoch)] = _flat(run, kept[epoch - first])
    numbers, counters = run.arrays.numbers, run.arrays.integers.counters
    numbers.params[:] = _flat(run, kept[count - 1])
    numbers.previous[:] = numbers.params
    counters[state.EPOCH], counters[state.STATUS] = first + count - 1, kind
    counters[state.STEPS] = (first + count - 1) * len(run.data.inputs)
    run.arrays.doubles.levels[state.LAST_LOSS] = history[-1, state.TRAIN_LOSS]
    run.arrays.doubles.levels[state.FIRST_LOSS] = run._rows[0][0][0, state.TRAIN_LOSS]


def _update_ratios(before: Array, kept: Array, first: int) -> tuple[Array, Array]:
    """The weights after the last of these epochs, and for each epoch and run ‖change‖/‖weights before‖ (NaN at 0)."""
    import numpy as np

    weights = np.concatenate([before[None], kept[:, :-1]])
    old = np.sqrt((weights[:-1] ** 2).sum(axis=1))
    change = np.sqrt((np.diff(weights, axis=0) ** 2).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(old > 0, change / old, np.nan)
    if first == 0:
        ratios[0] = np.nan
    return weights[-1], ratios


def _flat(run: Run, weights: Array) -> Array:
    flat: Array = run.arrays.numbers.params * 0
    parameters = {"layer1.weight": weights[:-1].reshape(1, -1), "layer1.bias": weights[-1:]}
    run.arrays.layout.pack(parameters, flat)
    return flat


def _last(run: Run, measured: Array, first: int) -> tuple[int, int]:
    """How many of these epochs belong to the run, and its status after them: the rules of measure.judge once more."""
    import numpy as np

    from engine.kernels import lanes, state

    loss, moved = measured[:, lanes.LOSS], measured[:, lanes.MOVED]
    before = np.concatenate([[run.arrays.doubles.levels[state.LAST_LOSS]], loss[:-1]])
    start = run._rows[0][0][0, state.TRAIN_LOSS] if run._rows else loss[0]
    ends = np.zeros(len(loss), np.int64)
    stop, later = run.settings.stop, np.arange(first, first + len(loss)) > 0
    if stop is not None:
        calm = np.abs(loss - before) < stop.below if stop.on == "loss" else moved < stop.below
        ends[later & calm] = state.CALM_LOSS if stop.on == "loss" else state.CALM_WEIGHTS
    ends[~((moved < np.inf) & (np.abs(loss) < state.BEYOND * (1 + abs(start))))] = state.DIVERGED
    if not ends.any():
        return len(loss), state.RUNNING
    at = int(np.flatnonzero(ends)[0])
    return at + 1, int(ends[at])
