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
from engine.losses import find_loss
from engine.network import Network, layer_names
from engine.optimizers import find_optimizer
from engine.run_checks import check_run
from engine.run_history import History, Outcome, tell
from engine.run_settings import SINGLE_FROM, RunSettings, Stop, settings_from
from engine.training_data import TrainingData, check_fit, training_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["History", "Outcome", "Run", "RunSettings", "Stop", "TrainingData", "resume", "training_data"]

KEPT_BYTES = 32 << 20
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
    _kept: dict[int, Array] = field(default_factory=dict, repr=False)
    _rows: list[tuple[Array, Array]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        check_run(self.network, self.settings)
        check_fit(self.data, self.network, self.settings.loss)
        self._allocate()
        self._layout.pack(self.network.parameters, self._numbers.params)
        self._numbers.previous[:] = self._numbers.params

    # -- going forward
    # -------------------------------------------------------------------------------------------

    def run(self, until: int | None = None) -> Outcome:
        """Go on to epoch `until` (the settings' epochs by default), or to where the run ends or is cancelled."""
        goal = self.settings.epochs if until is None else until
        self._integers.flag[0] = 0
        while self.epoch < goal and self.is_going and not self._integers.flag[0]:
            self._advance(min(goal - self.epoch, self._epochs_a_call()), 0)
        return self.outcome(goal)

    def step_epoch(self) -> Outcome:
        """To the end of the epoch that is under way, or through the next one. The first call measures epoch 0."""
        self._integers.flag[0] = 0
        self._advance(1, 0)
        return self.outcome()

    def step_batch(self) -> Outcome:
        """One batch; the last one of an epoch is followed by the epoch's measurements."""
        self._integers.flag[0] = 0
        if self.epoch < 0:
            self._advance(1, 0)
        self._advance(1, 1)
        return self.outcome()

    def cancel(self) -> None:
        """End the call that is running in another thread; the run can go on afterwards as if nothing had been."""
        self._integers.flag[0] = 1

    def set_lr(self, lr: float) -> None:
        """The learning rate before the schedule, from the next batch on."""
        self.settings = replace(self.settings, lr=lr)
        self._doubles.rate[0] = lr

    # -- looking at it -------------------------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """The last epoch that was measured; -1 before the first call."""
        from engine.kernels.state import EPOCH

        return int(self._integers.counters[EPOCH])

    @property
    def batch(self) -> int:
        """How many batches of the next epoch are done."""
        from engine.kernels.state import BATCH

        return int(self._integers.counters[BATCH])

    @property
    def is_going(self) -> bool:
        """Whether nothing has ended the run for good."""
        from engine.kernels.state import STATUS

        return int(self._integers.counters[STATUS]) == 0

    def outcome(self, goal: int | None = None) -> Outcome:
        """How the run stands; finished means at epoch `goal` (the settings' epochs by default)."""
        from engine.kernels.state import STATUS

        loss = float(self._rows[-1][0][-1, 0]) if self._rows else None
        return tell(int(self._integers.counters[STATUS]), self.epoch, goal, loss, self.settings)

    @property
    def history(self) -> History:
        """Everything measured so far."""
        whole, layers = self._measured()
        return History(*whole.T, *(layers[:, column] for column in range(layers.shape[1])))

    @property
    def parameters(self) -> dict[str, Array]:
        """The weights and biases as they are, by name, as doubles."""
        return self._layout.unpack(self._numbers.params)

    @property
    def trained(self) -> Network:
        """The network with the weights as they are."""
        return replace(self.network, parameters=self.parameters)

    @property
    def best(self) -> tuple[int, dict[str, Array]] | None:
        """The epoch with the smallest validation loss and its parameters, where the settings keep it."""
        from engine.kernels.state import BEST_EPOCH

        epoch = int(self._integers.counters[BEST_EPOCH])
        return None if epoch < 0 else (epoch, self._layout.unpack(self._numbers.best))

    @property
    def kept_epochs(self) -> list[int]:
        """The epochs whose weights were kept."""
        return sorted(self._kept)

    def parameters_at(self, epoch: int) -> dict[str, Array]:
        """The parameters after the last kept epoch that is not later than `epoch`."""
        found = max((kept for kept in list(self._kept) if kept <= epoch), default=None)
        if found is None:
            raise EngineError(f"no weights were kept up to epoch {epoch}")
        return self._layout.unpack(self._kept[found])

    # -- saving and going on later -------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Arrays and JSON values from which `resume` goes on, to the same numbers as if it had never stopped.

        The weights kept for looking back are not among them.
        """
        arrays: dict[str, Array] = {}
        for group, flat in self._stored_groups().items():
            arrays |= {f"{group}/{name}": array for name, array in self._layout.unpack(flat).items()}
        arrays |= {name: array.copy() for name, array in self._stored_arrays().items()}
        arrays["history"], arrays["layer_history"] = self._measured()
        layers = [{"units": layer.units, "activation": layer.activation} for layer in self.network.layers]
        about = {"inputs": self.network.inputs, "layers": layers, "settings": self.settings.as_dict()}
        return arrays, about

    def _stored_groups(self) -> dict[str, Array]:
        numbers = self._numbers
        groups = {"parameters": numbers.params, "previous": numbers.previous}
        for name, buffer in zip(("first", "second"), (numbers.first, numbers.second), strict=True):
            if buffer.size == numbers.params.size:
                groups[f"optimizer.{name}"] = buffer
        if self.settings.keep_best:
            groups["best"] = numbers.best
        return groups

    def _stored_arrays(self) -> dict[str, Array]:
        return {
            "counters": self._integers.counters,
            "order": self._integers.order,
            "levels": self._doubles.levels,
        }

    def _measured(self) -> tuple[Array, Array]:
        import numpy as np

        from engine.kernels.state import COLUMNS, LAYER_COLUMNS

        rows = list(self._rows)
        whole = [np.zeros((0, COLUMNS)), *(row[0] for row in rows)]
        layers = [np.zeros((0, LAYER_COLUMNS, len(self.network.layers))), *(row[1] for row in rows)]
        return np.concatenate(whole), np.concatenate(layers)

    # -- the arrays behind it ------------------------------------------------------------------------------------

    def _allocate(self) -> None:
        import numpy as np

        from engine import training_arrays as arrays
        from engine.random import key_of

        settings, network = self.settings, self.network
        single = settings.precision == "single" or (
            settings.precision == "auto" and network.parameter_count >= SINGLE_FROM
        )
        self._dtype: Any = np.float32 if single else np.float64
        self._layout = arrays.lay_out(network.sizes, self._dtype)
        buffers = len(find_optimizer(settings.optimizer).buffers)
        self._plan = arrays.make_plan(self._layout, network, settings)
        self._numbers = arrays.make_numbers(self._layout, self.data, self._dtype, buffers, settings.keep_best)
        if self._is_logistic():
            rows = arrays.rows_with_one(self.data.inputs, self._dtype)
            self._numbers = self._numbers._replace(rows_of_one=rows)
        self._integers = arrays.make_integers(len(self.data.inputs), sum(network.sizes))
        self._doubles = arrays.make_doubles(settings)
        self._key = np.array([key_of(settings.seed, "shuffle")], np.uint64)
        self._amounts = np.array([settings.l2, settings.stop.below if settings.stop else 0.0], np.float64)
        self._keep_every = self._keep_weights_every()
        self._choice = self._choose()

    def _keep_weights_every(self) -> int:
        if self.settings.keep_weights is not None:
            return self.settings.keep_weights
        size = self._layout.params * self._numbers.params.itemsize
        return max(1, -(-(self.settings.epochs + 1) * int(size) // KEPT_BYTES))

    def _choose(self) -> Any:
        from engine.kernels.state import CLASSES, NEVER, NO_CLASSES, ON_LOSS, ON_WEIGHTS, Choice
        from engine.training_arrays import BLOCK

        settings, rows = self.settings, len(self.data.inputs)
        names = layer_names(len(self.network.layers))
        stop = settings.stop
        return Choice(
            layers=len(names),
            params=self._layout.params,
            head=find_loss(settings.loss).head(self.network.layers[-1].activation),
            lowest=next(index for index, name in enumerate(names) if name not in settings.freeze),
            rows=rows,
            validation_rows=len(self.data.validation_inputs),
            batch=rows if settings.batch == "all" else min(int(settings.batch), rows),
            block=BLOCK,
            shuffle=int(settings.shuffle),
            mean=int(settings.reduce == "mean"),
            rule=find_optimizer(settings.optimizer).code,
            accuracy=CLASSES if self.data.has_classes else NO_CLASSES,
            diagnose=int(settings.diagnostics),
            validate_every=settings.validate_every,
            keep_best=int(settings.keep_best),
            keep_every=self._keep_every,
            rows_with_one=self._numbers.rows_of_one.size // rows if self._is_logistic() else 0,
            measure_every=settings.measure_every,
            calm_on=NEVER if stop is None else ON_LOSS if stop.on == "loss" else ON_WEIGHTS,
        )

    def _is_logistic(self) -> bool:
        """Whether this is one sigmoid unit, moved by plain gradient descent after every row."""
        settings, layers = self.settings, self.network.layers
        unit = len(layers) == 1 and layers[0].units == 1 and layers[0].activation == "sigmoid"
        return unit and settings.batch == 1 and settings.optimizer == "sgd" and settings.loss == "bce"

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
        first = self.epoch + 1
        kept = 0 if not self._keep_every else (first + epochs - 1) // self._keep_every - (first - 1) // self._keep_every
        numbers = self._numbers._replace(kept=np.zeros(max(kept * self._layout.params, 1), self._dtype))
        measured = self._doubles._replace(
            history=np.full((epochs, COLUMNS), np.nan),
            layer_history=np.full((epochs, LAYER_COLUMNS, len(self.network.layers)), np.nan),
            shares=self._shares(first, epochs),
        )
        groups = [addresses(group) for group in (self._plan, numbers, self._integers, measured)]
        choice = np.array(self._choice, np.int64)
        places, numbers_at, integers_at, doubles_at = groups
        train(
            places,
            numbers_at,
            integers_at,
            doubles_at,
            choice,
            self._amounts,
            self._key,
            numbers.params,
            epochs,
            batches,
        )
        done = int(self._integers.counters[RECORDED])
        if done:
            self._rows.append((measured.history[:done], measured.layer_history[:done]))
        self._keep(numbers.kept, first, int(self._integers.counters[KEPT]))

    def _shares(self, first: int, epochs: int) -> Array:
        import numpy as np

        schedule, total = self.settings.schedule, self.settings.epochs
        if schedule.kind == "constant":
            return np.ones(epochs)
        return np.array([schedule.share(max(first + i - 1, 0), total) for i in range(epochs)])

    def _keep(self, kept: Array, first: int, count: int) -> None:
        """Keep copies of weights by epoch; beyond the bound, every second one is forgotten and the stride doubled."""
        size = self._layout.params
        every = max(self._keep_every, 1)
        at = -(-first // every) * every
        for index in range(count):
            self._kept[at + index * every] = kept[index * size : (index + 1) * size].copy()
        while len(self._kept) > 2 and len(self._kept) * size * kept.itemsize > 2 * KEPT_BYTES:
            self._keep_every *= 2
            self._kept = {epoch: flat for epoch, flat in self._kept.items() if epoch % self._keep_every == 0}
            self._choice = self._choice._replace(keep_every=self._keep_every)


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
        run._layout.pack(_group(arrays, group), flat)
    for name, goal in run._stored_arrays().items():
        if arrays[name].shape != goal.shape or arrays[name].dtype != goal.dtype:
            raise ValueError(f"{name} has another shape")
        goal[...] = arrays[name]
    rows = len(run.data.inputs)
    if sorted(run._integers.order) != list(range(rows)):
        raise ValueError("the order of rows is none of these rows")
    if len(arrays["history"]):
        run._rows.append((arrays["history"].copy(), arrays["layer_history"].copy()))
