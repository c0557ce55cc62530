"""`tutor sweep`: the same lesson's runs over many settings, in several processes, resumable after a kill."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.errors import EngineError
from engine.numbers import show_number
from tutor.csv_cells import csv_line, inert
from tutor.errors import ExitCode, ProblemsError, unknown_format, wrong
from tutor.lesson_run import train, trained_names
from tutor.opening import open_lesson
from tutor.outputs.json_output import plain
from tutor.parallel import in_order, workers_for
from tutor.request import Request
from tutor.run_results import Trained
from tutor.sweep_results import KeptResults, Result, kept_results
from tutor.text import safe

FORMATS = ("table", "csv", "json")
MAX_POINTS = 10_000
_RANGE = re.compile(r"\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*")
_NUMBER = re.compile(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Axis:
    """One `--over NAME=a,b,c` or `NAME=0..9`."""

    name: str
    values: tuple[str, ...]


def read_axis(text: str) -> Axis:
    """Raises ProblemsError for what is no NAME=VALUES."""
    name, sign, values = text.partition("=")
    if not sign or not name.strip() or not values.strip():
        raise wrong(text, "an axis is written NAME=0.5,0.3,0.1 or NAME=0..9")
    if match := _RANGE.fullmatch(values):
        low, high = int(match[1][:9]), int(match[2][:9])
        if not low <= high < low + MAX_POINTS:
            raise wrong(text, f"a range goes up, over at most {MAX_POINTS} numbers")
        return Axis(name.strip(), tuple(str(k) for k in range(low, high + 1)))
    listed = tuple(value.strip() for value in values.split(",") if value.strip())
    if not listed:
        raise wrong(text, "an axis needs at least one value")
    if name.strip() == "seed" and not all(re.fullmatch(r"-?\d{1,15}", value, re.ASCII) for value in listed):
        raise wrong(text, "seeds are whole numbers")
    return Axis(name.strip(), listed)


@dataclass(frozen=True)
class Point:
    """One combination of settings."""

    lesson: str
    settings: tuple[tuple[str, str], ...]

    @property
    def request(self) -> Request:
        seed = next((int(value) for name, value in self.settings if name == "seed"), None)
        rest = tuple(f"{name}={value}" for name, value in self.settings if name != "seed")
        return Request(self.lesson, settings=rest, seed=seed)


def sweep(
    lesson: str, over: Sequence[str], name: str, jobs: int | None, fresh: bool, cluster: str | None = None
) -> int:
    """Runs every point and writes the table. 1 if a run diverged. Raises ProblemsError before anything is run."""
    if name not in FORMATS:
        raise unknown_format(name, FORMATS)
    axes = [read_axis(text) for text in over]
    points = _points(lesson, axes)
    loaded = open_lesson(points[0].request).loaded
    if not trained_names(loaded.lesson):
        raise wrong(lesson, "this lesson trains nothing")
    values = [value for axis in axes for value in axis.values]
    kept = kept_results(loaded.lesson, loaded.sha256, loaded.path.parent, values)
    results = _run_all(points, kept, jobs, fresh, cluster)
    rows = [row for point in points for row in _rows(point, results[point])]
    _write(rows, name)
    return int(ExitCode.failed if any(row["diverged"] or row["problem"] for row in rows) else ExitCode.done)


def _points(lesson: str, axes: Sequence[Axis]) -> list[Point]:
    count = 1
    for axis in axes:
        count *= len(axis.values)
    if count > MAX_POINTS:
        raise wrong("--over", f"{count} points; a sweep may have {MAX_POINTS}")
    names = [axis.name for axis in axes]
    return [
        Point(lesson, tuple(zip(names, values, strict=True)))
        for values in itertools.product(*(axis.values for axis in axes))
    ]


def _run_all(
    points: list[Point], kept: KeptResults, jobs: int | None, fresh: bool, cluster: str | None
) -> dict[Point, Result]:
    results: dict[Point, Result] = {}
    for point in points:
        if not fresh and (found := kept.get(point.settings)) is not None:
            results[point] = found
    waiting = [point for point in points if point not in results]
    for point, result in _computed(waiting, kept, workers_for(jobs, len(waiting)), cluster):
        results[point] = result
        _progress(len(results), len(points))
    return results


def _computed(points: list[Point], kept: KeptResults, jobs: int, cluster: str | None) -> Iterator[tuple[Point, Result]]:
    """Each point with its result, which was kept as soon as it was there."""
    if cluster is not None and points:
        from tutor.sweep_cluster import computed

        for point, result in computed(cluster, run_point, points):
            kept.put(point.settings, result)
            yield point, result
        return
    from tutor.sweep_lanes import side_by_side

    done = set()
    for i, runs in side_by_side([point.request for point in points]) if len(points) > 1 else ():
        done.add(i)
        result = {name: _without_weights(run) for name, run in runs.items()}
        kept.put(points[i].settings, result)
        yield points[i], result
    rest = [point for i, point in enumerate(points) if i not in done]
    yield from zip(rest, in_order(partial(_run_and_keep, kept), rest, jobs, _lost), strict=True)


def _run_and_keep(kept: KeptResults, point: Point) -> Result:
    result = run_point(point)
    kept.put(point.settings, result)
    return result


def _lost(point: Point) -> Result:
    """What stands in place of a point whose process was ended."""
    return {"": {"problem": "its process ended before it was done", "diverged": False, "final": {}, "history": {}}}


def run_point(point: Point) -> Result:
    """Every run of the lesson at one point, as plain data; identical to a single run with the same settings."""
    try:
        session = open_lesson(point.request)
        loaded = session.loaded
        found = {}
        for name in trained_names(loaded.lesson):
            run = train(loaded.lesson, name, session.graphs, loaded.path.parent)
            found[name] = _without_weights(run)
        return found
    except ProblemsError:
        raise
    except EngineError as error:
        return {"": {"problem": error.message, "diverged": True, "final": {}, "history": {}}}


def _without_weights(run: Trained) -> Result:
    found: Result = plain({**run.to_dict(), "weights": None})
    return found


def _progress(done: int, count: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {count} points", end="" if done < count else "\n", file=sys.stderr, flush=True)


def _rows(point: Point, result: Result) -> Iterator[dict[str, Any]]:
    for name, run in result.items():
        epochs = run["history"].get("epoch", [])
        yield {
            **dict(point.settings),
            "run": name,
            "epochs": epochs[-1] if epochs else 0,
            **dict(run["final"].items()),
            "best_validation_loss": (run.get("best") or {}).get("validation_loss"),
            "diverged": run["diverged"],
            "problem": run.get("problem", ""),
        }


def _write(rows: list[dict[str, Any]], name: str) -> None:
    if name == "json":
        print(json.dumps(rows))
        return
    columns = list(dict.fromkeys(key for row in rows for key in row))
    columns = [c for c in columns if any(row.get(c) not in (None, "") for row in rows)]
    if name == "csv":
        sys.stdout.write(csv_line(columns) + "".join(csv_line([_cell(row.get(c)) for c in columns]) for row in rows))
        return
    texts = [columns, *([_shown(row.get(c)) for c in columns] for row in rows)]
    widths = [max(len(line[i]) for line in texts) for i in range(len(columns))]
    for line in texts:
        print("  ".join(f"{cell:>{w}}" for cell, w in zip(line, widths, strict=True)))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else inert(text)


def _shown(value: Any) -> str:
    return "" if value is None else show_number(value) if isinstance(value, float) else safe(str(value), 60)
