"""The kinds of pictures and what makes each.

To add one: its field and its name in tutor/lesson_picture.py; its numbers in a file of this folder and its line in
`_MAKES`; a figure of a new type has its cells in tutor/draw/figures.py and its words in figure_words.py there; a row in
the table of the authors' guide, lessons/README.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from tutor.errors import ProblemsError
from tutor.figures.figure import Figure, Untold

if TYPE_CHECKING:
    from tutor.figures.values import Values
    from tutor.lesson import Step
    from tutor.lesson_picture import PictureSpec
    from tutor.session import Session

GRAPH_KINDS = ("curve", "bars", "matrix", "differences")
MOST_POINTS = 400


def figure_of(session: Session, step: Step) -> Figure:
    """The picture of a step at the session's numbers, in its data row; runs that it shows are trained.

    Raises EngineError with what is wrong with the picture.
    """
    assert step.picture is not None
    return _MAKES[step.picture.kind](session, step, step.picture)


def figure_or_reason(session: Session, step: Step) -> Figure:
    """The same; a picture that cannot be drawn says why."""
    try:
        return figure_of(session, step)
    except (EngineError, ProblemsError) as error:
        title = step.picture.title if step.picture is not None else ""
        return Untold(title, str(error))


def is_slow(picture: PictureSpec) -> bool:
    """Whether it takes training or data, so that a screen lets another process make it."""
    return bool(picture.run_names) or picture.data is not None


def _values(session: Session, step: Step, picture: PictureSpec) -> Values:
    """The graph that the picture's formulas are read in."""
    shown = session.pictured(step)
    if shown is None:
        raise EngineError("this picture needs a graph")
    from tutor.figures.values import Values

    return Values(shown, min(session.row, len(shown.traces) - 1))


def _of_graph(session: Session, step: Step, picture: PictureSpec) -> Figure:
    from tutor.figures import of_graph

    makes: Callable[[Values, PictureSpec], Figure] = getattr(of_graph, picture.kind)
    return makes(_values(session, step, picture), picture)


def _line(session: Session, step: Step, picture: PictureSpec) -> Figure:
    from tutor.figures import of_plane

    values = _values(session, step, picture)
    points = of_plane.row_points(values, picture)
    return of_plane.line(values, picture, points or _data_points(session, picture))


def _data_points(session: Session, picture: PictureSpec) -> list[tuple[float, float, int]]:
    """The training rows of a data set with two inputs."""
    if picture.data is None:
        return []
    from tutor.lesson_run import load_data

    data: Any = load_data(session.loaded.lesson, picture.data, session.loaded.path.parent)
    if data.inputs.shape[1] != 2:
        raise EngineError(f"{picture.data} has {data.inputs.shape[1]} inputs; a plane has two")
    rows = [int(i) for i in data.parts["train"][:MOST_POINTS]]
    return [(float(data.inputs[i, 0]), float(data.inputs[i, 1]), int(data.targets[i, 0])) for i in rows]


def _histories(session: Session, step: Step, picture: PictureSpec) -> Figure:
    from tutor.figures import of_runs
    from tutor.figures.run_signs import run_places

    places = run_places(session.loaded.lesson)
    return of_runs.histories(picture, of_runs.runs_shown(picture, session.trained), places)


def _path(session: Session, step: Step, picture: PictureSpec) -> Figure:
    from tutor.figures import of_runs

    return of_runs.path(picture, of_runs.runs_shown(picture, session.trained))


def _histogram(session: Session, step: Step, picture: PictureSpec) -> Figure:
    if picture.run is None:
        return _of_graph(session, step, picture)
    from tutor.figures import of_runs
    from tutor.lesson_run import network_of

    lesson, folder = session.loaded.lesson, session.loaded.path.parent
    runs = of_runs.runs_shown(picture, session.trained)
    return of_runs.histogram(picture, runs, lambda name: network_of(lesson, name, folder))


def _images(session: Session, step: Step, picture: PictureSpec) -> Figure:
    if picture.run is None:
        return _of_graph(session, step, picture)
    from tutor.figures import of_runs

    return of_runs.images(picture, of_runs.runs_shown(picture, session.trained))


_MAKES: Mapping[str, Callable[[Session, Step, PictureSpec], Figure]] = {
    **dict.fromkeys(GRAPH_KINDS, _of_graph),
    "line": _line,
    "runs": _histories,
    "path": _path,
    "histogram": _histogram,
    "images": _images,
}
