"""Whether a step's plot, picture and questions about runs fit the lesson: names exist, fields mean something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tutor.errors import did_you_mean
from tutor.lesson import Lesson, Step, resolved
from tutor.lesson_picture import PictureSpec
from tutor.text import quoted
from tutor.toml_positions import Finding, Path

RESULTS: Mapping[str, str] = {
    "best_epoch": "the epoch with the smallest validation loss",
    "best_loss": "the smallest validation loss",
    "epochs": "how many epochs were trained",
    "rises": "in how many epochs the training loss rose",
}
"""What a question can ask of a run besides its histories."""

SHOWN_WITH = ("say", "ask", "explore")
"""Kinds of step that have room for a picture."""

_GRAPH_HISTORIES = ("train_loss", "weight_norm", "gradient_norm", "slope", "intercept")
_MODEL_HISTORIES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "lr")
_LAYER_HISTORIES = ("weight_norm", "gradient_norm", "update_ratio", "dead_units")
_BELONGS: Mapping[str, tuple[str, ...]] = {
    "run": ("histogram", "images"),
    "across": ("curve", "line"),
    "from_": ("curve", "line"),
    "to": ("curve", "line"),
    "log": ("curve", "bars", "runs", "differences"),
    "log_across": ("curve",),
    "classes": ("line",),
    "data": ("line",),
    "labels": ("curve", "bars", "runs", "histogram", "images"),
    "rows": ("matrix",),
    "columns": ("matrix",),
    "plot": ("runs",),
    "best": ("runs",),
    "width": ("images",),
}


def histories(lesson: Lesson, name: str) -> tuple[str, ...]:
    """What can be measured of a run: the names that a plot or a question may use."""
    spec = resolved(lesson, name)
    if spec.graph is not None or spec.model not in lesson.model:
        return _GRAPH_HISTORIES
    layers = range(1, len(lesson.model[spec.model].layers) + 1)
    single = ("slope", "intercept") if len(layers) == 1 else ()
    return (*_MODEL_HISTORIES, *(f"{key}.layer{layer}" for key in _LAYER_HISTORIES for layer in layers), *single)


def findings(lesson: Lesson, step: Step, path: Path) -> Iterator[Finding]:
    """What does not fit about a step's plot, picture and results."""
    sound = [name for name in step.run_names if _is_sound(lesson, name)]
    if sound:
        yield from _unknown_histories(lesson, sound, step.plot, (*path, "plot"))
    yield from _results(lesson, step, path)
    if step.picture is not None:
        yield from _picture(lesson, step, step.picture, (*path, "picture"))


def _is_sound(lesson: Lesson, name: str) -> bool:
    """Whether a run and all that it is like are there."""
    seen: set[str] = set()
    here: str | None = name
    while here is not None and here not in seen:
        if here not in lesson.run:
            return False
        seen.add(here)
        here = lesson.run[here].like
    return here is None


def _unknown_histories(
    lesson: Lesson, runs: Iterable[str], keys: Iterable[str] | None, path: Path
) -> Iterator[Finding]:
    known = dict.fromkeys(key for name in runs for key in histories(lesson, name))
    for i, key in enumerate(keys or ()):
        if key not in known:
            yield Finding((*path, i), f"no run here measures {quoted(key)}", did_you_mean(key, known))


def _results(lesson: Lesson, step: Step, path: Path) -> Iterator[Finding]:
    """Questions about runs: each names a run, and what is asked of it."""
    for field, runs in (("result", [step.run]), ("lowest", _option_runs(step)), ("highest", _option_runs(step))):
        asked = getattr(step, field)
        if asked is None:
            continue
        if None in runs:
            cure = "add run = …" if field == "result" else "give each option its run = …"
            yield Finding((*path, field), f"{field} asks for a run, and none is named", cure, True)
        sound = [name for name in runs if name is not None and _is_sound(lesson, name)]
        known = dict.fromkeys([*RESULTS, *(key for name in sound for key in histories(lesson, name))])
        if sound and asked not in known:
            yield Finding((*path, field), f"no run here gives {quoted(asked)}", did_you_mean(asked, known))
        if field == "result" and step.epoch is not None and asked in RESULTS:
            yield Finding((*path, "epoch"), f"{asked} belongs to the whole run, not to an epoch", "remove epoch", True)
    if step.lowest is not None and step.highest is not None:
        yield Finding((*path, "highest"), "lowest and highest are both given", "keep one of them", True)


def _option_runs(step: Step) -> list[str | None]:
    return [option.run for option in step.choice or ()]


def _picture(lesson: Lesson, step: Step, picture: PictureSpec, path: Path) -> Iterator[Finding]:
    kind = picture.kind
    if step.kind not in SHOWN_WITH:
        what = f"picture means nothing in a step with {step.kind}"
        yield Finding(path, what, f"it belongs to {', '.join(SHOWN_WITH)}", True)
    for field in sorted(picture.written & _BELONGS.keys()):
        if kind not in _BELONGS[field]:
            name = field.rstrip("_")
            what = f"{name} means nothing in a picture with {kind}"
            yield Finding((*path, name), what, f"it belongs to {' and '.join(_BELONGS[field])}", True)
    yield from _names(lesson, step, picture, path)
    yield from _ranges(picture, path)
    if kind == "runs":
        sound = [name for name in picture.runs or () if _is_sound(lesson, name)]
        if sound:
            yield from _unknown_histories(lesson, sound, picture.plot, (*path, "plot"))
    has_path = kind == "path" and picture.path is not None and _is_sound(lesson, picture.path)
    if has_path and "slope" not in histories(lesson, str(picture.path)):
        yield Finding((*path, "path"), "only a run of a single unit with two inputs has a separator")


def _names(lesson: Lesson, step: Step, picture: PictureSpec, path: Path) -> Iterator[Finding]:
    """Runs, graphs and data that do not exist."""
    for field in ("path", "run"):
        yield from _unknown(getattr(picture, field), (*path, field), "run", lesson.run)
    for i, name in enumerate(picture.runs or ()):
        yield from _unknown(name, (*path, "runs", i), "run", lesson.run)
    yield from _unknown(picture.graph, (*path, "graph"), "graph", lesson.graph)
    yield from _unknown(picture.data, (*path, "data"), "data", lesson.data)
    if picture.formulas and not lesson.graph:
        yield Finding((*path, picture.kind), f"{picture.kind} needs a graph, and this lesson has none", None, True)


def _unknown(name: str | None, path: Path, kind: str, known: Mapping[str, object]) -> Iterator[Finding]:
    if name is not None and name not in known:
        what = f"there is no {kind} {quoted(name)}"
        yield Finding(path, what, did_you_mean(name, known) or f"add [{kind}.…]")


def _ranges(picture: PictureSpec, path: Path) -> Iterator[Finding]:
    """An axis has both ends or none, the first below the second; a line needs its two inputs."""
    ends = (picture.from_, picture.to)
    if (ends[0] is None) != (ends[1] is None):
        yield Finding(path, "from and to belong together", "give both, or neither")
    if ends[0] is not None and ends[1] is not None:
        if not ends[0] < ends[1]:
            yield Finding((*path, "to"), f"the axis ends at {ends[1]:g}, before it begins", "from is the smaller one")
        elif picture.log_across and not ends[0] > 0:
            yield Finding((*path, "from"), "an axis of powers of ten begins above 0")
        if picture.kind == "curve" and picture.across is None:
            yield Finding(path, "from and to need an input to go across", "add across = …")
    if picture.kind == "line" and len(picture.across or ()) != 2:
        yield Finding(path, "a line needs the two inputs of its plane", 'add across = ["x1", "x2"]')
    if picture.kind == "curve" and len(picture.across or ()) > 1:
        yield Finding((*path, "across"), "a curve goes across one input")
