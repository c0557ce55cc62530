"""Training runs: a network, rows and settings in; weights and their history out, epoch by epoch.

A `Run` goes forward as far as it is told (a batch, an epoch, to an epoch) and can be looked at in between,
from another thread too. Its epochs are compiled (engine/kernels/network.py) and release the interpreter;
`cancel` ends them within a few rows. What it computes depends only on network, rows and settings, never on
how it was cut into calls: its `state` is exact in the middle of an epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.errors import CheckpointError, EngineError
from engine.network import Network
from engine.run_checks import check_counters, check_histories, check_run
from engine.run_history import History, Outcome, tell
from engine.run_settings import KEPT_BYTES, RunSettings, Stop, settings_from
from engine.training_rows import TrainingData, check_fit, training_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from engine.run_arrays import RunArrays

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["History", "Outcome", "Run", "RunSettings", "Stop", "TrainingData", "resume", "training_data"]

# A call of the kernel is meant to take about so many multiplications, a few hundredths of a second.
WORK_OF_A_CALL = 2e8


@dataclass
class Run:
    """A training run. Make it with a network, rows and settings; nothing is computed before the first step.

    Raises EngineError (DataError for the rows) when they do not fit together.
    """

    network: Network
    data: TrainingData
    settings: RunSettings
    arrays: RunArrays = field(init=False, repr=False)
    _kept: dict[int, Array] = field(default_factory=dict, repr=False)
    _rows: list[tuple[Array, Array]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        check_run(self.network, self.settings)
        check_fit(self.data, self.network, self.settings.loss)
        from engine.run_arrays import run_arrays

        self.arrays = run_arrays(self.network, self.data, self.settings)

    # -- going forward
    # -------------------------------------------------------------------------------------------

    def run(self, until: int | None = None) -> Outcome:
        """Go on to epoch `until` (the settings' epochs by default), or to where the run ends or is cancelled."""
        goal = self.settings.epochs if until is None else until
        self.arrays.integers.flag[0] = 0
        while self.epoch < goal and self.is_going and not self.arrays.integers.flag[0]:
            self._advance(min(goal - self.epoch, self._epochs_a_call()), 0)
        return self.outcome(goal)

    def step_epoch(self) -> Outcome:
        """To the end of the epoch that is under way, or through the next one. The first call measures epoch 0."""
        self.arrays.integers.flag[0] = 0
        self._advance(1, 0)
        return self.outcome()

    def step_batch(self) -> Outcome:
        """One batch; the last one of an epoch is followed by the epoch's measurements."""
        self.arrays.integers.flag[0] = 0
        if self.epoch < 0:
            self._advance(1, 0)
        self._advance(1, 1)
        return self.outcome()

    def cancel(self) -> None:
        """End the call that is running in another thread; the run can go on afterwards as if nothing had been."""
        self.arrays.integers.flag[0] = 1

    def set_lr(self, lr: float) -> None:
        """The learning rate before the schedule, from the next batch on."""
        self.settings = replace(self.settings, lr=lr)
        self.arrays.doubles.rate[0] = lr

    # -- looking at it -------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"{self.network!r}\n{self.outcome().sentence if self.epoch >= 0 else 'Not begun.'}"

    @property
    def epoch(self) -> int:
        """The last epoch that was measured; -1 before the first call."""
        from engine.kernels.state import EPOCH

        return int(self.arrays.integers.counters[EPOCH])

    @property
    def batch(self) -> int:
        """How many batches of the next epoch are done."""
        from engine.kernels.state import BATCH

        return int(self.arrays.integers.counters[BATCH])

    @property
    def is_going(self) -> bool:
        """Whether nothing has ended the run for good."""
        from engine.kernels.state import STATUS

        return int(self.arrays.integers.counters[STATUS]) == 0

    def outcome(self, goal: int | None = None) -> Outcome:
        """How the run stands; finished means at epoch `goal` (the settings' epochs by default)."""
        from engine.kernels.state import STATUS

        loss = float(self._rows[-1][0][-1, 0]) if self._rows else None
        return tell(int(self.arrays.integers.counters[STATUS]), self.epoch, goal, loss, self.settings)

    @property
    def history(self) -> History:
        """Everything measured so far."""
        whole, layers = self._measured()
        return History(*whole.T, *(layers[:, column] for column in range(layers.shape[1])))

    @property
    def parameters(self) -> dict[str, Array]:
        """The weights and biases as they are, by name, as doubles."""
        return self.arrays.layout.unpack(self.arrays.numbers.params)

    @property
    def trained(self) -> Network:
        """The network with the weights as they are."""
        return replace(self.network, parameters=self.parameters)

    @property
    def best(self) -> tuple[int, dict[str, Array]] | None:
        """The epoch with the smallest validation loss and its parameters, where the settings keep it."""
        from engine.kernels.state import BEST_EPOCH

        epoch = int(self.arrays.integers.counters[BEST_EPOCH])
        return None if epoch < 0 else (epoch, self.arrays.layout.unpack(self.arrays.numbers.best))

    @property
    def kept_epochs(self) -> list[int]:
        """The epochs whose weights were kept."""
        return sorted(self._kept)

    def parameters_at(self, epoch: int) -> dict[str, Array]:
        """The parameters after the last kept epoch that is not later than `epoch`."""
        found = max((kept for kept in list(self._kept) if kept <= epoch), default=None)
        if found is None:
            raise EngineError(f"no weights were kept up to epoch {epoch}")
        return self.arrays.layout.unpack(self._kept[found])

    # -- saving and going on later -------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Arrays and JSON values from which `resume` goes on, to the same numbers as if it had never stopped.

        The weights kept for looking back are not among them.
        """
        arrays: dict[str, Array] = {}
        for group, flat in self._stored_groups().items():
            arrays |= {f"{group}/{name}": array for name, array in self.arrays.layout.unpack(flat).items()}
        arrays |= {name: array.copy() for name, array in self._stored_arrays().items()}
        arrays["history"], arrays["layer_history"] = self._measured()
        layers = [{"units": layer.units, "activation": layer.activation} for layer in self.network.layers]
        about = {"inputs": self.network.inputs, "layers": layers, "settings": self.settings.as_dict()}
        return arrays, about

    def _stored_groups(self) -> dict[str, Array]:
        numbers = self.arrays.numbers
        groups = {"parameters": numbers.params, "previous": numbers.previous}
        for name, buffer in zip(("first", "second"), (numbers.first, numbers.second), strict=True):
            if buffer.size == numbers.params.size:
                groups[f"optimizer.{name}"] = buffer
        if self.settings.keep_best:
            groups["best"] = numbers.best
        return groups

    def _stored_arrays(self) -> dict[str, Array]:
        return {
            "counters": self.arrays.integers.counters,
            "order": self.arrays.integers.order,
            "levels": self.arrays.doubles.levels,
        }

    def _measured(self) -> tuple[Array, Array]:
        import numpy as np

        from engine.kernels.state import COLUMNS, LAYER_COLUMNS

        rows = list(self._rows)
        whole = [np.zeros((0, COLUMNS)), *(row[0] for row in rows)]
        layers = [np.zeros((0, LAYER_COLUMNS, len(self.network.layers))), *(row[1] for row in rows)]
        return np.concatenate(whole), np.concatenate(layers)

    # -- the compiled epochs -------------------------------------------------------------------------------------

    def _epochs_a_call(self) -> int:
        rows = len(self.data.inputs) * (6 if self.settings.diagnostics else 4) + len(self.data.validation_inputs)
        work = rows * (self.network.parameter_count + 100)
        return max(1, min(100_000, int(WORK_OF_A_CALL / work)))

    def _advance(self, epochs: int, batches: int) -> None:
        """One call of the kernel, with room for the measurements of `epochs` epochs; they are collected after it."""
        import numpy as np

        from engine.kernels.network import train
        from engine.kernels.state import COLUMNS, KEPT, LAYER_COLUMNS, RECORDED
        from engine.training_arrays import addresses

        if not self.is_going:
            return
        own, first = self.arrays, self.epoch + 1
        numbers = own.numbers._replace(kept=np.zeros(max(own.kept_in(first, epochs) * own.layout.params, 1), own.dtype))
        measured = own.doubles._replace(
            history=np.full((epochs, COLUMNS), np.nan),
            layer_history=np.full((epochs, LAYER_COLUMNS, len(self.network.layers)), np.nan),
            shares=self._shares(first, epochs),
        )
        groups = [addresses(group) for group in (own.plan, numbers, own.integers, measured)]
        places, numbers_at, integers_at, doubles_at = groups
        choice = np.array(own.choice, np.int64)
        train(
            places, numbers_at, integers_at, doubles_at,
            choice, own.amounts, own.key, numbers.params, epochs, batches,
        )  # fmt: skip
        done = int(own.integers.counters[RECORDED])
        if done:
            self._rows.append((measured.history[:done], measured.layer_history[:done]))
        self._keep(numbers.kept, first, int(own.integers.counters[KEPT]))

    def _shares(self, first: int, epochs: int) -> Array:
        import numpy as np

        schedule, total = self.settings.schedule, self.settings.epochs
        if schedule.kind == "constant":
            return np.ones(epochs)
        return np.array([schedule.share(max(first + i - 1, 0), total) for i in range(epochs)])

    def _keep(self, kept: Array, first: int, count: int) -> None:
        """Keep copies of weights by epoch; beyond the bound, every second one is forgotten and the stride doubled."""
        own, size = self.arrays, self.arrays.layout.params
        every = max(own.keep_every, 1)
        at = -(-first // every) * every
        for index in range(count):
            self._kept[at + index * every] = kept[index * size : (index + 1) * size].copy()
        while len(self._kept) > 2 and len(self._kept) * size * kept.itemsize > 2 * KEPT_BYTES:
            own.keep_fewer()
            self._kept = {epoch: flat for epoch, flat in self._kept.items() if epoch % own.keep_every == 0}


def resume(arrays: Mapping[str, Array], about: Mapping[str, Any], data: TrainingData) -> Run:
    """The run whose `state` this is, on the same rows. Raises CheckpointError when something is missing or misfits."""
    from engine.network import build_network

    try:
        layers, inputs = about["layers"], about["inputs"]
        settings = settings_from(dict(about["settings"]))
        network = build_network(inputs, layers, _group(arrays, "parameters"))
        run = Run(network, data, settings)
        _restore(run, arrays)
    except CheckpointError:
        raise
    except (KeyError, TypeError, ValueError, EngineError) as error:
        raise CheckpointError(f"this is no state of a run on these rows: {error}") from error
    return run


def _group(arrays: Mapping[str, Array], group: str) -> dict[str, Array]:
    return {k.partition("/")[2]: v for k, v in arrays.items() if k.partition("/")[0] == group}


def _restore(run: Run, arrays: Mapping[str, Array]) -> None:
    for group, flat in run._stored_groups().items():
        run.arrays.layout.pack(_group(arrays, group), flat)
    for name, goal in run._stored_arrays().items():
        if arrays[name].shape != goal.shape or arrays[name].dtype != goal.dtype:
            raise ValueError(f"{name} has another shape")
        goal[...] = arrays[name]
    rows = len(run.data.inputs)
    if sorted(run.arrays.integers.order) != list(range(rows)):
        raise ValueError("the order of rows is none of these rows")
    history, layer_history = arrays["history"], arrays["layer_history"]
    check_histories(history, layer_history, len(run.network.layers))
    check_counters(run.arrays.integers.counters, len(history), -(-rows // run.arrays.choice.batch))
    if len(history):
        run._rows.append((history.copy(), layer_history.copy()))
