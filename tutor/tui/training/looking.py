"""How one looks at runs: the view, the curves, the epochs, the samples. Frozen: a key makes another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tutor.tui.training.snapshot import RunSnapshot

VIEWS = ("all", "curves", "plane", "gradients", "weights", "samples", "path")
"""In the order of their digit keys."""
PLOTS: tuple[tuple[str, ...], ...] = (
    ("train_loss", "validation_loss"),
    ("train_loss",),
    ("validation_loss",),
    ("train_accuracy", "validation_accuracy"),
    ("weight_norm",),
    ("lr",),
)
BY_LAYER = ("gradient_norm", "weight_norm", "update_ratio", "dead_units")
SCRUBS = 40
SMOOTH = (1, 10, 100)
LEAST_WINDOW = 4


@dataclass(frozen=True)
class Looking:
    """`view` is one of VIEWS; `chosen` the run by number; `plot` which curves; `at` the epoch that is looked at (None:
    now), `window` the epochs that are shown (None: all), `smooth` over how many epochs a mean is taken; `top` the first
    sample or weight that is shown."""

    view: str = "all"
    chosen: int = 0
    plot: int = 0
    log: bool = False
    smooth: int = 1
    at: int | None = None
    window: tuple[int, int] | None = None
    top: int = 0
    only_wrong: bool = False
    validation: bool = False

    def scrubbed(self, by: int, last: int) -> Looking:
        """Back or forth by so many epochs; at the last one it is now again."""
        at = max(0, (last if self.at is None else self.at) + by)
        return replace(self, at=None if at >= last else at)

    def zoomed(self, inwards: bool, last: int) -> Looking:
        """Half as many epochs around the one that is looked at, or twice as many."""
        low, high = self.window or (0, last)
        wide = max(LEAST_WINDOW, (high - low) // 2 if inwards else 2 * (high - low))
        if wide >= last:
            return replace(self, window=None)
        middle = last if self.at is None else self.at
        low = max(0, min(middle - wide // 2, last - wide))
        return replace(self, window=(low, low + wide))

    def smoother(self) -> Looking:
        """The next way to smooth, round."""
        return replace(self, smooth=SMOOTH[(SMOOTH.index(self.smooth) + 1) % len(SMOOTH)])

    def viewed(self, view: str) -> Looking:
        """Another view, from its top."""
        return replace(self, view=view, top=0)

    def rolled(self, by: int) -> Looking:
        """Further down or up."""
        return replace(self, top=max(0, self.top + by))


def views_of(one: RunSnapshot | None) -> tuple[str, ...]:
    """The views that there are for a run."""
    have = set(one.views if one is not None else ())
    have |= {"plane"} if "fit" in have else set()
    return tuple(view for view in VIEWS if view in {"all", "curves"} or view in have)


def plots_of(one: RunSnapshot | None, wanted: Sequence[str]) -> list[tuple[str, ...]]:
    """The kinds of curves that there are, those that the lesson wants first."""
    if one is None:
        return [tuple(wanted) or PLOTS[0]]
    layers = [tuple(key for key in one.have if key.startswith(f"{kind}.")) for kind in BY_LAYER]
    have = [tuple(key for key in keys if key in one.have) for keys in (tuple(wanted), *PLOTS, *layers)]
    return list(dict.fromkeys(keys for keys in have if keys)) or [PLOTS[0]]


def side_view(one: RunSnapshot | None, wanted: Sequence[str]) -> str:
    """What stands beside the curves when everything is shown."""
    have = one.views if one is not None else ()
    if "slope" in wanted and "path" in have:
        return "path"
    return next((view for view in ("plane", "fit", "samples") if view in have and _telling(view, one)), "weights")


def _telling(view: str, one: RunSnapshot | None) -> bool:
    """Samples of a graph are its few rows: its weights tell more."""
    return view != "samples" or (one is not None and "gradients" in one.views)


def parts_of(view: str, one: RunSnapshot | None, wanted: Sequence[str]) -> list[str]:
    """Which parts of a scene a view shows."""
    view = side_view(one, wanted) if view == "all" else view
    return {"plane": ["plane", "fit"], "curves": [], "gradients": []}.get(view, [view])


def wish(
    looking: Looking, one: RunSnapshot, keys: Sequence[str], wanted: Sequence[str], count: int
) -> Mapping[str, Any]:
    """What to ask of the training process, for so many samples."""
    return {
        "do": "look",
        "run": one.name,
        "keys": list(keys),
        "show": parts_of(looking.view, one, wanted),
        "at": looking.at,
        "window": None if looking.window is None else list(looking.window),
        "smooth": looking.smooth,
        "samples": {
            "start": looking.top,
            "count": count,
            "wrong": looking.only_wrong,
            "validation": looking.validation,
        },
    }
