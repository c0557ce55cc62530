"""A lesson as a plain PyTorch script that prints its numbers: a proof from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tutor.exports import torch_graph, torch_script
from tutor.lesson_run import trained_names
from tutor.session import Session
from tutor.text import safe


def write(session: Session, answers: bool) -> str:
    """The script; `answers` changes nothing, as it prints numbers only."""
    return "\n".join([definitions(session), *_main(session)]) + "\n"


def definitions(session: Session) -> str:
    """Everything but the last part: operations, graphs, runs."""
    lesson = session.loaded.lesson
    title = safe(lesson.title, 200).replace("\\", "\\\\").replace('"', "'")
    parts = [torch_script.HEAD.format(title=title, id=lesson.id, sha=session.loaded.sha256[:16])]
    parts += [torch_script.OPERATIONS, torch_script.GRAPHS]
    if trained_names(lesson):
        parts.append(torch_script.TRAINING)
    return "".join([*parts, "\n", "\n".join(_graphs(session)), torch_script.TAIL])


def functions(session: Session) -> dict[str, str]:
    """The function of each graph, by the graph's name."""
    found: dict[str, str] = {}
    for name in session.graphs:
        function = "graph_" + re.sub(r"\W", "_", name, flags=re.ASCII)
        while function in found.values():
            function += "_"
        found[name] = function
    return found


def _graphs(session: Session) -> Iterator[str]:
    for name, function in functions(session).items():
        shown = session.graphs[name]
        yield from ("", "", *torch_graph.function(shown, function), "", "")
        yield f"{function}_about = {{"
        yield from (f"    {key!r}: {value!a}," for key, value in torch_graph.numbers(session, shown).items())
        yield "}"


def _main(session: Session) -> Iterator[str]:
    yield "\n"
    yield 'found = {"graphs": {}, "runs": {}}'
    for name, function in functions(session).items():
        yield f'found["graphs"][{name!a}] = run_graph({function}, {function}_about)'
    if trained_names(session.loaded.lesson):
        from tutor.exports.torch_run import run_source

        for name in trained_names(session.loaded.lesson):
            call, lines = run_source(session, name, functions(session))
            yield from ("", *lines)
            yield f'found["runs"][{name!a}] = {call}'
    yield ""
    yield "print(json.dumps(plain(found)))"
