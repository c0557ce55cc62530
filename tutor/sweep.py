"""`tutor sweep`: the same lesson's runs over many settings, in several processes, resumable after a kill."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.numbers import show_number
from tutor.errors import ExitCode, Problem, ProblemsError, did_you_mean
from tutor.files import write_atomic
from tutor.lesson_run import train, trained_names
from tutor.messages import state_folder
from tutor.opening import open_lesson
from tutor.outputs.json_output import plain
from tutor.parallel import workers_for
from tutor.request import Request
from tutor.run_results import Trained
from tutor.text import quoted, safe

FORMATS = ("table", "csv", "json")
MAX_POINTS = 10_000
_RANGE = re.compile(r"\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*")


@dataclass(frozen=True)
class Axis:
    """One `--over NAME=a,b,c` or `NAME=0..9`."""

    name: str
    values: tuple[str, ...]


def read_axis(text: str) -> Axis:
    """Raises ProblemsError for what is no NAME=VALUES."""
    name, sign, values = text.partition("=")
    if not sign or not name.strip() or not values.strip():
        raise _problem(text, "an axis is written NAME=0.5,0.3,0.1 or NAME=0..9")
    if match := _RANGE.fullmatch(values):
        low, high = int(match[1][:9]), int(match[2][:9])
        if not low <= high < low + MAX_POINTS:
            raise _problem(text, f"a range goes up, over at most {MAX_POINTS} numbers")
        return Axis(name.strip(), tuple(str(k) for k in range(low, high + 1)))
    listed = tuple(value.strip() for value in values.split(",") if value.strip())
    if not listed:
        raise _problem(text, "an axis needs at least one value")
    if name.strip() == "seed" and not all(re.fullmatch(r"-?\d{1,15}", value, re.ASCII) for value in listed):
        raise _problem(text, "seeds are whole numbers")
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

    def key(self, sha256: str) -> str:
        """What a kept result is found by: the lesson's text and the settings."""
        return hashlib.sha256(json.dumps([sha256, self.settings]).encode()).hexdigest()[:40]


def sweep(
    lesson: str, over: Sequence[str], name: str, jobs: int | None, fresh: bool, cluster: str | None = None
) -> int:
    """Runs every point and writes the table. 1 if a run diverged. Raises ProblemsError before anything is run."""
    if name not in FORMATS:
        cure = did_you_mean(name, FORMATS)
        raise ProblemsError((Problem("--format", None, None, f"unknown format {quoted(name)}", cure),))
    axes = [read_axis(text) for text in over]
    points = _points(lesson, axes)
    sha256 = open_lesson(points[0].request).loaded.sha256
    if not trained_names(open_lesson(points[0].request).loaded.lesson):
        raise _problem(lesson, "this lesson trains nothing")
    results = _run_all(points, sha256, jobs, fresh, cluster)
    rows = [row for point in points for row in _rows(point, results[point])]
    _write(rows, name)
    return int(ExitCode.failed if any(row["diverged"] for row in rows) else ExitCode.done)


def _points(lesson: str, axes: Sequence[Axis]) -> list[Point]:
    count = 1
    for axis in axes:
        count *= len(axis.values)
    if count > MAX_POINTS:
        raise _problem("--over", f"{count} points; a sweep may have {MAX_POINTS}")
    names = [axis.name for axis in axes]
    return [
        Point(lesson, tuple(zip(names, values, strict=True)))
        for values in itertools.product(*(axis.values for axis in axes))
    ]


def _run_all(
    points: list[Point], sha256: str, jobs: int | None, fresh: bool, cluster: str | None
) -> dict[Point, dict[str, Any]]:
    results: dict[Point, dict[str, Any]] = {}
    for point in points:
        if not fresh and (kept := _kept(point.key(sha256))) is not None:
            results[point] = kept
    waiting = [point for point in points if point not in results]
    for point, result in _computed(waiting, workers_for(jobs, len(waiting)), cluster):
        results[point] = result
        _keep(point.key(sha256), result)
        _progress(len(results), len(points))
    return results


def _computed(points: list[Point], jobs: int, cluster: str | None) -> Iterator[tuple[Point, dict[str, Any]]]:
    if cluster is not None and points:
        from tutor.sweep_cluster import computed

        yield from computed(cluster, run_point, points)
        return
    from tutor.sweep_lanes import side_by_side

    done = set()
    for i, runs in side_by_side([point.request for point in points]) if len(points) > 1 else ():
        done.add(i)
        yield points[i], {name: _without_weights(run) for name, run in runs.items()}
    points = [point for i, point in enumerate(points) if i not in done]
    if min(jobs, len(points)) <= 1:
        yield from ((point, run_point(point)) for point in points)
        return
    with ProcessPoolExecutor(min(jobs, len(points))) as pool:
        futures = {pool.submit(run_point, point): point for point in points}
        for future in as_completed(futures):
            yield futures[future], future.result()


def run_point(point: Point) -> dict[str, Any]:
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


def _without_weights(run: Trained) -> dict[str, Any]:
    found: dict[str, Any] = plain({**run.to_dict(), "weights": None})
    return found


def _progress(done: int, count: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {count} points", end="" if done < count else "\n", file=sys.stderr, flush=True)


def _folder() -> Path:
    return state_folder() / "sweeps"


def _kept(key: str) -> dict[str, Any] | None:
    try:
        found = json.loads((_folder() / f"{key}.json").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _keep(key: str, result: dict[str, Any]) -> None:
    try:
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(_folder() / f"{key}.json", json.dumps(result).encode())
    except OSError:
        return  # a full disk costs the resuming, not the sweep


def _rows(point: Point, result: dict[str, Any]) -> Iterator[dict[str, Any]]:
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
        sheet = io.StringIO()
        writer = csv.writer(sheet, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[_cell(row.get(c)) for c in columns] for row in rows])
        sys.stdout.write(sheet.getvalue())
        return
    texts = [columns, *([_shown(row.get(c)) for c in columns] for row in rows)]
    widths = [max(len(line[i]) for line in texts) for i in range(len(columns))]
    for line in texts:
        print("  ".join(f"{cell:>{w}}" for cell, w in zip(line, widths, strict=True)))


def _cell(value: Any) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else safe(str(value), 200)


def _shown(value: Any) -> str:
    return "" if value is None else show_number(value) if isinstance(value, float) else safe(str(value), 60)


def _problem(place: str, what: str, cure: str | None = None) -> ProblemsError:
    return ProblemsError((Problem(place, None, None, what, cure),))
