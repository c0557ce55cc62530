"""A training run in words: how its loss went, which epoch was best, what went wrong and what to try. The screen and
plain mode say the same sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, pairwise
from typing import Final, Literal

from engine.numbers import show_number
from tutor.text import safe

STEADY: Final = 0.01
"""A smaller change than this share is no trend."""
LATE: Final = 0.1
"""The share of a run that its latest trend is read from."""
SAW: Final = 6
"""So many points show a saw."""
RISEN: Final = 3.0
"""So many times its start, a loss is out of hand."""
OVERFITTED: Final = 1.1
Since = Literal["", "grew", "overfits", "rises", "swings"]
SINCE: Final[Mapping[Since, str]] = {
    "grew": "",
    "overfits": ": the run overfits since then",
    "rises": ". Both losses have risen since then: the learning rate may be too large",
    "swings": ". The training loss swings: the learning rate may be too large",
}
"""What is said of a validation loss that grew again."""
MOST_TOLD: Final = 15
"""So many steps of a curve are told one by one; of a longer one evenly spaced values."""
FLAT: Final = 1e-9
"""A curve that moves by a smaller share than this stands still; what moves it is rounding."""
MEASURED: Final = {
    "train_loss": "training loss",
    "validation_loss": "validation loss",
    "train_accuracy": "training accuracy",
    "validation_accuracy": "validation accuracy",
    "lr": "learning rate",
    "gradient_norm": "gradient size",
    "weight_norm": "size of the weights",
    "update_ratio": "step / weights",
    "dead_units": "dead units",
    "slope": "slope of the line",
    "intercept": "intercept of the line",
}
"""What is measured in each epoch, as it is called."""
DEEP: Final = 3
"""From so many layers on, the way of the gradient through them is told."""
SAME: Final = 3
"""So many equal values at the end of a curve are told once."""
LEAST_WEIGHTS: Final = 4
MOST_WEIGHTS: Final = 12
"""So many trained weights are told; of fewer ones a question may ask for one."""


def trend(values: Sequence[float]) -> str:
    """Where the last tenth of a curve goes: falling, rising, level or swinging (it turns at most of its points).

    A tenth of a short run is too little to see a saw: there the last six points swing when each turns.
    """
    late = max(3, math.ceil(len(values) * LATE))
    tail = [value for value in values[-late:] if math.isfinite(value)]
    if len(tail) < 2:
        return "too short to tell"
    if _swings(tail, share=0.5) or (late < SAW and _swings(values[-SAW:], share=0.75)):
        return "swinging"
    size = max(map(abs, tail)) or 1.0
    change = (tail[-1] - tail[0]) / size
    return "level" if abs(change) < STEADY else "rising" if change > 0 else "falling"


def _swings(points: Sequence[float], share: float) -> bool:
    """Whether more than this share of the steps turn back, on a way that is worth mentioning."""
    steps = [b - a for a, b in pairwise(points)]
    if len(steps) < 4 or not all(map(math.isfinite, points)):
        return False
    turns = sum(a * b < 0 for a, b in pairwise(steps))
    return turns > share * len(steps) and max(points) - min(points) > STEADY * (max(map(abs, points)) or 1.0)


def curve_words(name: str, values: Sequence[float], *, lowest: bool = True) -> str:
    """A curve in one sentence: first, last, lowest and highest value with their epochs, and its latest trend.

    Not the `lowest` where a question asks for it.
    """
    known = [(value, i) for i, value in enumerate(values) if math.isfinite(value)]
    if not known:
        return f"{name}: no number was measured."
    (low, low_at), (high, high_at) = min(known), max(known, key=lambda one: (one[0], -one[1]))
    if len(known) == len(values) > 2 and _stands_still(low, high):
        return f"{name}: stays at {show_number(low, 4)} from the first epoch to the last."
    last = show_number(values[-1], 4) if math.isfinite(values[-1]) else "no number any more"
    least = f"lowest {show_number(low, 4)} at epoch {low_at}, " if lowest else ""
    return (
        f"{name}: starts at {show_number(known[0][0], 4)}, ends at {last}; {least}highest {show_number(high, 4)} at "
        f"epoch {high_at}; {_trend_words(values)}."
    )


def _stands_still(low: float, high: float) -> bool:
    return high - low <= FLAT * max(abs(high), abs(low))


def measured_words(key: str) -> str:
    """What a measured quantity is called: `weight_norm` is the size of the weights."""
    kind, _, layer = key.partition(".")
    words = MEASURED.get(kind, safe(kind.replace("_", " "), 40))
    return f"{words}, {safe(layer, 40)}" if layer else words


def course_words(values: Sequence[float]) -> str:
    """A curve's values on its way, from epoch 0 on: what an eye sees in its picture. "" where that says nothing new."""
    known = [value for value in values if math.isfinite(value)]
    if len(values) < 3 or not known or _stands_still(min(known), max(known)):
        return ""
    every = next(size for size in _round_sizes() if (len(values) - 1) / size <= MOST_TOLD)
    told = [show_number(value, 3) if math.isfinite(value) else "no number" for value in values]
    if every == 1:
        return f"Epoch by epoch: {_listed(told)}."
    if _swings(values, share=0.5):
        return f"The first epochs: {', '.join(told[:SAW])}. Every {every} epochs: {', '.join(told[::every])}."
    return f"Every {every} epochs: {_listed(told[::every])}."


def _listed(told: Sequence[str]) -> str:
    """The numbers; what stays the same to the end is told once."""
    moved = next((i for i in range(len(told), 0, -1) if told[i - 1] != told[-1]), 0) + 1
    return ", ".join(told) if len(told) - moved < SAME else f"{', '.join(told[:moved])} and so on to the end"


def _round_sizes() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, …"""
    return (digit * 10**power for power in count() for digit in (1, 2, 5))


def _trend_words(values: Sequence[float]) -> str:
    found = trend(values)
    return found if found == "too short to tell" else f"at the end {found}"


def best_words(best: tuple[int, float] | None, last: float | None = None, since: Since = "") -> str:
    """The best validation epoch, and what went wrong `since` then, which is at `last` by now."""
    if best is None:
        return ""
    told = f"Lowest validation loss {show_number(best[1], 4)} at epoch {best[0]}"
    return f"{told}; it is {show_number(last, 4)} now{SINCE[since]}." if since and last is not None else f"{told}."


def since_best(train: Sequence[float], held: Sequence[float]) -> Since:
    """What the two losses did since the epoch with the lowest validation loss, if that has grown clearly since then.

    Only a training loss that fell meanwhile, and stays below what it was, makes that overfitting.
    """
    best = best_of(held)
    if best is None or not math.isfinite(held[-1]) or held[-1] <= OVERFITTED * best[1]:
        return ""
    late = [loss for loss in train[best[0] + 1 :][-max(3, math.ceil(len(train) * LATE)) :] if math.isfinite(loss)]
    if not late or best[0] >= len(train):
        return "grew"
    if max(late) < train[best[0]]:
        return "overfits"
    if min(late) > train[best[0]]:
        return "rises"
    return "swings" if max(late) > OVERFITTED * train[best[0]] else "grew"


def grown_words(start: float | None, loss: float | None, epoch: int) -> str:
    """How far a diverging run's loss came."""
    grew = "The loss grew beyond all numbers"
    if start is not None and loss is not None and math.isfinite(loss):
        grew = f"The loss grew from {show_number(start, 3)} to {show_number(loss, 3)}"
    return f"{grew} by epoch {epoch}"


def diverged_words(start: float | None, loss: float | None, epoch: int, lr: float) -> tuple[str, str]:
    """A diverging run explained: what happened, and what to try."""
    return (
        f"{grown_words(start, loss, epoch)}: at rate {show_number(lr, 3)} each step jumps across the valley and lands "
        "higher on the other side.",
        f"Try a rate of {show_number(lr / 3, 2)} or less, from a fresh start.",
    )


def rising_words(start: float | None, loss: float | None) -> str:
    """A warning while a loss is out of hand; "" while it is not."""
    if start is None or loss is None or not math.isfinite(loss) or start <= 0 or loss < RISEN * start:
        return ""
    return f"The loss is {show_number(loss / start, 2)} times what it was at the start: the steps are too long."


def run_words(
    history: Mapping[str, Sequence[float]], outcome: str, diagnose: bool = True, *, lowest: bool = True
) -> tuple[str, ...]:
    """A finished run from its history (one list an epoch): outcome, curves, best epoch; `diagnose`: what is wrong;
    `lowest`: the lowest validation loss and its epoch."""
    told = [outcome]
    for key, words in (("train_loss", "Training loss"), ("validation_loss", "Validation loss")):
        if len(history.get(key, ())):
            least = lowest or key != "validation_loss"
            told += [curve_words(words, history[key], lowest=least), course_words(history[key])]
    for key, words in (("train_accuracy", "training"), ("validation_accuracy", "validation")):
        values = [value for value in history.get(key, ()) if math.isfinite(value)]
        if values:
            told.append(f"Accuracy on the {words} rows: {values[0]:.1%} at first, {values[-1]:.1%} at the end.")
    held = history.get("validation_loss", ())
    since = since_best(history.get("train_loss", ()), held) if diagnose else ""
    words = best_words(best_of(held), held[-1] if len(held) else None, since) if lowest else ""
    return tuple(line for line in (*told, words) if line)


def layer_words(history: Mapping[str, Sequence[float]]) -> str:
    """How large the gradient of each layer of a deep net was at the start and is at the end; "" for a shallow one."""
    layers: list[Sequence[float]] = []
    while len(values := history.get(f"gradient_norm.layer{len(layers) + 1}", ())):
        layers.append(values)
    if len(layers) < DEEP:
        return ""
    first, last = (", ".join(show_number(values[i], 3) for values in layers) for i in (0, -1))
    return f"Size of the gradient from layer 1 to {len(layers)}: {first} at first, {last} at the end."


def weight_words(weights: object) -> str:
    """The weights that a small graph was trained to; "" for a network, for few or for many of them."""
    if not isinstance(weights, Mapping) or not LEAST_WEIGHTS <= len(weights) <= MOST_WEIGHTS:
        return ""
    if not all(isinstance(value, int | float) for value in weights.values()):
        return ""
    return f"Weights at the end: {', '.join(f'{name} = {show_number(value, 4)}' for name, value in weights.items())}."


def best_of(losses: Sequence[float]) -> tuple[int, float] | None:
    """The epoch with the lowest loss, and that loss; None where none was measured."""
    known = [(float(loss), i) for i, loss in enumerate(losses) if math.isfinite(loss)]
    if not known:
        return None
    loss, epoch = min(known)
    return epoch, loss
