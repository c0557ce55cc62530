"""Settings of runs that change nothing: those of another optimizer, of another schedule, of a network's run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tutor.lesson import Lesson, RunSpec, resolved
from tutor.proof.findings import Findings

USED_BY: Mapping[str, tuple[str, ...]] = {
    "momentum": ("momentum", "nesterov"),
    "betas": ("adam",),
    "rho": ("rmsprop",),
    "eps": ("rmsprop", "adam"),
}
"""A setting → the optimizers that use it."""
SCHEDULED: Mapping[str, tuple[str, ...]] = {
    "every": ("step",),
    "factor": ("step",),
    "decay": ("inverse",),
    "end": ("cosine",),
}
"""A schedule's field → the schedules that use it."""
FOR_MODELS = frozenset(("data", "loss", "freeze", "start", "keep", "validate_every", "reduce"))
FIRST = "sgd"
"""The optimizer where none is named."""


def check_settings(found: Findings) -> None:
    """The settings of every run, whether a step trains it or not."""
    lesson = found.loaded.lesson
    for name, run in lesson.run.items():
        heirs = [resolved(lesson, heir) for heir in (name, *_heirs(lesson, name))]
        if resolved(lesson, name).graph is not None:
            for field in sorted(run.written & FOR_MODELS):
                found.warn(("run", name, field), f"{field} means nothing in a run of a graph", f"leave {field} out")
        for field in sorted(run.written & USED_BY.keys()):
            _check_optimizer(found, name, field, heirs)
        if run.schedule is not None:
            for field in sorted(run.schedule.written & SCHEDULED.keys()):
                if run.schedule.kind not in SCHEDULED[field]:
                    what = f"{field} has no effect with the schedule {run.schedule.kind}"
                    found.warn(("run", name, "schedule", field), what, _cure("kind", SCHEDULED[field], field, True))


def _check_optimizer(found: Findings, name: str, field: str, heirs: list[RunSpec]) -> None:
    """A setting is there for a run itself, or for one that is like it."""
    users = USED_BY[field]
    taken_over = [heirs[0], *(heir for heir in heirs[1:] if getattr(heir, field) == getattr(heirs[0], field))]
    if any((heir.optimizer or FIRST) in users for heir in taken_over):
        return
    own = heirs[0].optimizer
    what = f"{field} has no effect with {own or FIRST}"
    found.warn(("run", name, field), what, _cure("optimizer", users, field, own is not None))


def _cure(key: str, users: tuple[str, ...], field: str, is_named: bool) -> str:
    said = " or ".join(f'{key} = "{user}"' for user in users)
    return f"say {said}, or leave {field} out" if is_named else f"add {said}"


def _heirs(lesson: Lesson, name: str) -> Iterator[str]:
    """The runs that take their settings over from this one, directly or not."""
    for heir, run in lesson.run.items():
        if run.like == name:
            yield heir
            yield from _heirs(lesson, heir)
