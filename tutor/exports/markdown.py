"""A lesson as a handout in Markdown: to read and to fill in, or with the answers."""

from __future__ import annotations

from collections.abc import Iterator

from engine.numbers import counted, show_number, show_value
from tutor.draw.cells import text_of
from tutor.draw.figures import Room, figure_rows
from tutor.draw.inert import as_code, code_block, in_markdown, prose
from tutor.draw.lesson_text import WIDTH, training_text, walk_text
from tutor.figures.kinds import figure_or_reason, is_slow
from tutor.lesson import Step
from tutor.lesson_check import own_answer
from tutor.lesson_graph import LessonGraph
from tutor.questions import Question
from tutor.session import Session

PICTURE_HEIGHT = 18


def write(session: Session, answers: bool) -> str:
    """The handout; with `answers` walks show their numbers and questions what is right."""
    lesson = session.loaded.lesson
    lines = [f"# {in_markdown(lesson.title)}", "", in_markdown(lesson.summary), ""]
    if session.variant is not None:
        lines += [f"For: {in_markdown(session.variant)}", ""]
    for name, shown in session.graphs.items():
        lines += [*graph_lines(name, shown), ""]
    for step in session.steps:
        lines += [*step_lines(session, step, answers), ""]
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.rstrip("\n") + "\n"


def graph_lines(name: str, shown: LessonGraph) -> Iterator[str]:
    """A graph's formulas and the values that it starts from."""
    yield f"## Graph {in_markdown(name)}"
    yield ""
    yield code_block("\n".join(node.text for node in shown.graph.nodes.values()))
    yield ""
    for i, row in enumerate(shown.traces[:20], start=1):
        start = f"Row {i}: " if len(shown.traces) > 1 else ""
        keys = [*shown.graph.given, *shown.graph.weights]
        values = ", ".join(as_code(f"{shown.graph.names[key]} = {show_value(row.value(key))}") for key in keys)
        yield f"{start}{values}"
        yield ""


def step_lines(session: Session, step: Step, answers: bool) -> Iterator[str]:
    """One step of the lesson."""
    question = session.question(step)
    if step.say is not None:
        yield prose(step.say)
    elif question is not None:
        yield from question_lines(session, step, question, answers)
    elif step.walk is not None:
        yield from _walk_lines(session, step, answers)
    elif step.train is not None:
        yield f"Train {', '.join(in_markdown(name) for name in step.train)}."
        if answers and session.runs:
            yield ""
            yield code_block("\n".join(training_text(session, step)))
    elif step.bug is not None:
        yield f"The backward pass of {in_markdown(step.bug)} is broken: find the node and the fault."
    yield from picture_lines(session, step, answers)


def picture_lines(session: Session, step: Step, answers: bool) -> Iterator[str]:
    """A step's picture drawn in letters; one that takes training only with the answers."""
    if step.picture is None or (is_slow(step.picture) and not answers):
        return
    yield ""
    room = Room(WIDTH, PICTURE_HEIGHT, colour=False)
    yield code_block(text_of(figure_rows(figure_or_reason(session, step), room)))


def question_lines(session: Session, step: Step, question: Question, answers: bool) -> Iterator[str]:
    """A question with its options, and the answer if it is asked for."""
    yield f"**Question {in_markdown(question.id)}** ({counted(question.points, 'point')})"
    yield ""
    yield prose(question.ask)
    yield ""
    for i, option in enumerate(question.options, start=1):
        yield f"{i}. {in_markdown(option, 2000)}"
    if answers:
        yield ""
        yield from answer_lines(session, step, question)


def answer_lines(session: Session, step: Step, question: Question) -> Iterator[str]:
    """What is right, and why; runs that decide it are trained."""
    question = session.settled(question, step)
    if question.kind == "choice":
        for i, choice in enumerate(question.choices, start=1):
            if choice.right:
                yield f"Right: {i}. {in_markdown(choice.because, 2000)}"
        return
    if question.kind == "essay":
        yield f"A model answer: {prose(question.target)}"
        return
    own = right_number(session, step, question) or own_answer(session, step, question)
    yield f"Right: {as_code(own)}" if own is not None else f"Right: whatever equals {as_code(question.target)}"


def right_number(session: Session, step: Step, question: Question) -> str | None:
    """The number that is asked for, as it is shown elsewhere; on paper with the rounded values."""
    shown = session.graph_of(step)
    if question.kind != "number" or shown is None:
        return None
    from tutor.marking.numbers import paper_value, right_values

    target = session.context(step).target(question.target)
    if shown.decimals is not None:
        return show_number(paper_value(target, shown.decimals))
    return show_number(right_values(target).exact)


def _walk_lines(session: Session, step: Step, answers: bool) -> Iterator[str]:
    shown = session.graph_of(step)
    assert shown is not None and step.walk is not None
    if answers:
        yield code_block("\n".join(walk_text(session, step)))
        return
    graph = shown.graph
    backward = step.walk == "backward"
    output = graph.names[graph.output]
    yield f"Fill in the {step.walk} pass:"
    yield ""
    yield f"| node | {'gradient' if backward else 'value'} |"
    yield "| --- | --- |"
    nodes = list(graph.nodes.values())
    for node in reversed(nodes) if backward else nodes:
        yield f"| {in_markdown(f'∂{output}/∂{node.spelling}' if backward else node.spelling)} | |"
