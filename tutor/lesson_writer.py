"""Formulas with their numbers → a lesson file: what the sandbox keeps, and what an author goes on from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

ABOUT = """\
# Written from formulas; `tutor check --watch` checks it on every save, `tutor help lessons` says what more there is.
"""
TOLD = """\
# values that training changes belong under weights = {{ … }}
"""
QUESTION = """
[[step]]
id = {id}
ask = {ask}
number = {number}
hints = ["Which edges lead from {output} back to {name}?", "One factor for each of them."]
"""


def lesson_text(name: str, title: str, lines: Sequence[str], numbers: Mapping[str, Any]) -> str:
    """A lesson: the graph of `lines`, both passes by every operation, and free play."""
    return _head(name, title) + _graph(lines, numbers) + _steps("")


def lesson_to_go_on(
    name: str, title: str, lines: Sequence[str], numbers: Mapping[str, Any], output: str, asked: Sequence[str]
) -> str:
    """The same for an author: with comments, a text to write, and a question ∂output/∂… for each name `asked`."""
    questions = "".join(
        QUESTION.format(
            id=quoted(f"question-{i}"),
            ask=quoted(f"What is ∂{output}/∂{asked_name}, to three significant digits?"),
            number=quoted(f"d({output})/d({asked_name})"),
            output=_plain(output),
            name=_plain(asked_name),
        )
        for i, asked_name in enumerate(asked, start=1)
    )
    say = f"[[step]]\nsay = {quoted(f'What does {output} depend on, and how strongly? Guess before you look.')}\n\n"
    graph = _graph(lines, numbers).replace("[graph.main]\n", "[graph.main]\n" + TOLD.format())
    return _head(name, title) + 'summary = "One line for the catalogue."\n' + ABOUT + graph + say + _steps(questions)


def _head(name: str, title: str) -> str:
    return f"format = 1\nid = {quoted(name)}\ntitle = {quoted(title)}\n"


def _graph(lines: Sequence[str], numbers: Mapping[str, Any]) -> str:
    values = ", ".join(f"{quoted(name)} = {_value(value)}" for name, value in numbers.items())
    nodes = "".join(f"  {quoted(line)},\n" for line in lines)
    return f"\n[graph.main]\ngiven = {{ {values} }}\nnodes = [\n{nodes}]\n\n"


def _steps(questions: str) -> str:
    return (
        '[[step]]\nwalk = "forward"\ndetail = "op"\n\n[[step]]\nwalk = "backward"\ndetail = "op"\n'
        f'{questions}\n[[step]]\nexplore = "main"\n'
    )


def _value(value: Any) -> str:
    """A number or nested lists of numbers."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    return repr(float(value))


def quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(text: str) -> str:
    """A name inside a string that is written by hand."""
    return quoted(text)[1:-1]
