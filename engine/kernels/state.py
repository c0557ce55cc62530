"""The arrays that compiled training works on, grouped, and what stands where in them.

All of them are made and owned by the caller (engine/training_arrays.py). The kernel gets each group as a
list of addresses, and passes a `Session` of eight pointers around: with arrays in place of pointers, every
function would count references, which takes seconds of compiling, and passing them would take as long as
the work on a small batch.
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir

from engine.jit import inlined, intrinsic, types
from engine.vector_memory import get
from engine.vector_type import I64

Array = Any
Pointer = Any
I64_0 = ir.Constant(I64, 0)

# counters: integers that live as long as the run
EPOCH, BATCH, STEPS, STATUS, BEST_EPOCH, RECORDED, SHUFFLED, KEPT, COUNTERS = range(9)
# levels: numbers that live as long as the run
LAST_LOSS, FIRST_LOSS, BEST_LOSS, LEVELS = range(4)
# status
RUNNING, CALM_LOSS, CALM_WEIGHTS, DIVERGED = range(4)
# columns of the history
TRAIN_LOSS, VALIDATION_LOSS, TRAIN_ACCURACY, VALIDATION_ACCURACY, RATE, COLUMNS = range(6)
# columns of the history of each layer
WEIGHT_NORM, GRADIENT_NORM, UPDATE_RATIO, DEAD_UNITS, LAYER_COLUMNS = range(5)
# how a run's accuracy is counted
NO_CLASSES, CLASSES = range(2)
# what a run's stop rule looks at
NEVER, ON_LOSS, ON_WEIGHTS = range(3)

# A loss this many times the first one (plus 1) is no training any more, though still a number.
BEYOND = 1e9
NAN = float("nan")


class Plan(NamedTuple):
    """A network's shape: 64-bit integers, one a layer, or one before each layer and one after the last."""

    sizes: Array  # numbers of a row
    wides: Array  # the same, padded to whole vectors
    weights: Array  # where each layer's weights begin in `params`, `gradient` and the optimizer's buffers
    biases: Array
    mirrors: Array  # where each layer's mirrored weights begin in `mirror`
    values: Array  # where the numbers before each layer, and after the last, begin in `values` and `deltas`
    kinds: Array  # activation codes
    frozen: Array  # 1 where a layer is not trained


class Numbers(NamedTuple):
    """The run's floating-point numbers, all of one precision."""

    params: Array
    mirror: Array  # each layer's weights a second time, as (units, inputs), for the backward pass
    gradient: Array
    first: Array  # the optimizer's buffers
    second: Array
    values: Array  # of a block of rows: copied inputs, then each layer's values
    deltas: Array  # the loss's derivatives by them; in place of the inputs': copied targets
    zeros: Array
    ones: Array
    scratch: Array
    previous: Array  # the parameters at the end of the epoch before
    best: Array  # the parameters with the smallest validation loss
    kept: Array  # parameters at chosen epochs, one copy after the other
    inputs: Array
    targets: Array
    validation_inputs: Array
    validation_targets: Array
    rows_of_one: Array  # for one unit, one row at a time: each row's inputs, then 1, padded


class Integers(NamedTuple):
    """What changes and is counted. Others may read the counters and raise the flag while the kernel runs."""

    counters: Array
    order: Array  # in which order the rows of this epoch are visited
    flag: Array  # not 0: stop as soon as possible
    dead: Array  # hidden units that were never above 0


class Doubles(NamedTuple):
    """What changes and is measured. Others may change the rate while the kernel runs."""

    levels: Array
    rule: Array  # the optimizer's numbers, see rules.py
    rate: Array  # one number: the learning rate before the schedule
    shares: Array  # the schedule: a factor for each epoch of this call
    history: Array  # COLUMNS numbers an epoch
    layer_history: Array  # LAYER_COLUMNS times the number of layers, an epoch


class Choice(NamedTuple):
    """What the run was asked to do, and sizes: whole numbers."""

    layers: int
    params: int
    head: int
    lowest: int  # the first layer that is trained: the backward pass ends there
    rows: int
    validation_rows: int
    batch: int
    block: int
    shuffle: int
    mean: int
    rule: int
    accuracy: int
    diagnose: int
    validate_every: int
    keep_best: int
    keep_every: int
    calm_on: int
    rows_with_one: int  # the width of rows_of_one, or 0 where the run is no such
    measure_every: int


class Amounts(NamedTuple):
    """The same, as numbers that need not be whole."""

    penalty: float
    calm_below: float


(SIZES, WIDES, WEIGHTS, BIASES, MIRRORS, VALUES_AT, KINDS, FROZEN) = range(8)
(PARAMS, MIRROR, GRADIENT, FIRST, SECOND, VALUES, DELTAS, ZEROS, ONES, SCRATCH) = range(10)
(PREVIOUS, BEST, KEPT_PARAMS, INPUTS, TARGETS, VALIDATION_INPUTS, VALIDATION_TARGETS, ROWS_OF_ONE) = range(10, 18)
(COUNTS, ORDER, FLAG, DEAD) = range(4)
(LEVEL, RULE_NUMBERS, RATE_NOW, SHARES, HISTORY, LAYER_HISTORY) = range(6)
(LAYERS, SIZE, HEAD, LOWEST, ROWS, VALIDATION_ROWS, BATCH_ROWS, BLOCK, SHUFFLE, MEAN, RULE) = range(11)
(ACCURACY, DIAGNOSE, VALIDATE_EVERY, KEEP_BEST, KEEP_EVERY, CALM_ON, ROWS_WITH_ONE, MEASURE_EVERY) = range(11, 19)
(PENALTY, CALM_BELOW) = range(2)


class Session(NamedTuple):
    """A run as the kernel's functions pass it on: pointers to lists of addresses, and to Choice and Amounts."""

    plan: Pointer
    numbers: Pointer
    integers: Pointer
    doubles: Pointer
    choice: Pointer
    amounts: Pointer
    key: Pointer  # of the stream of random numbers that shuffles
    like: Pointer  # to numbers of the run's precision


def _field(name: str) -> int:
    return Session._fields.index(name)


def _array(builder: Any, run: Any, which_list: str, which: Any, like: str) -> Any:
    """The pointer number `which` of a list in the session, to numbers like those that `like` points to."""
    addresses = builder.extract_value(run, _field(which_list))
    address = builder.load(builder.gep(addresses, [which]))
    return builder.inttoptr(address, builder.extract_value(run, _field(like)).type)


def _listed(which_list: str, like: str) -> Any:
    @intrinsic
    def pick(typingctx: Any, run: Any, which: Any) -> Any:
        def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return _array(builder, args[0], which_list, args[1], like)

        return run.types[_field(like)](run, types.intp), lower

    return pick


@intrinsic
def choice(typingctx: Any, run: Any, which: Any) -> Any:
    """One entry of Choice: choice(run, HEAD)."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(builder.gep(builder.extract_value(args[0], _field("choice")), [args[1]]))

    return types.int64(run, types.intp), lower


@intrinsic
def plan(typingctx: Any, run: Any, which: Any, layer: Any) -> Any:
    """One entry of the plan: plan(run, SIZES, layer)."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(builder.gep(_array(builder, args[0], "plan", args[1], "plan"), [args[2]]))

    return types.int64(run, types.intp, types.intp), lower


@intrinsic
def layer_part(typingctx: Any, run: Any, which: Any, where: Any, layer: Any) -> Any:
    """The part of an array that belongs to a layer: layer_part(run, PARAMS, WEIGHTS, layer), as the plan says."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        start = builder.load(builder.gep(_array(builder, args[0], "plan", args[2], "plan"), [args[3]]))
        return builder.gep(_array(builder, args[0], "numbers", args[1], "like"), [start])

    return run.types[_field("like")](run, types.intp, types.intp, types.intp), lower


@intrinsic
def count(typingctx: Any, run: Any, which: Any) -> Any:
    """One of the counters: count(run, EPOCH)."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(builder.gep(_array(builder, args[0], "integers", I64_0, "plan"), [args[1]]))

    return types.int64(run, types.intp), lower


@intrinsic
def set_count(typingctx: Any, run: Any, which: Any, value: Any) -> Any:
    """Set one of the counters."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        counters = _array(builder, args[0], "integers", I64_0, "plan")
        builder.store(args[2], builder.gep(counters, [args[1]]))
        return context.get_dummy_value()

    return types.void(run, types.intp, types.int64), lower


# Session's arrays by place in their list. All these are called everywhere, so they are instructions and not functions:
# that alone saves seconds of compiling.
numbers = _listed("numbers", "like")  # numbers(run, PARAMS): one of the arrays in Numbers
integers = _listed("integers", "plan")  # one of the arrays in Integers
doubles = _listed("doubles", "amounts")  # one of the arrays in Doubles


@inlined
def is_stopped(run: Session) -> bool:
    """Whether somebody raised the flag."""
    return get(integers(run, FLAG), 0) != 0
