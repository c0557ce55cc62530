"""The lesson line by line: append-only text without a single escape, for screen readers and dumb terminals."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from engine.errors import EngineError
from engine.numbers import counted
from tutor.draw.figure_words import figure_words
from tutor.draw.graph_words import change_lines, graph_lines, other_row, play_lines, row_lines, value_lines
from tutor.draw.lesson_text import fitted, given_line, heading, mark_lines, step_text, unmarked, wrapped
from tutor.draw.trained_text import runs_asked_for, shows_trained, trained_words
from tutor.draw.walk_text import step_lines
from tutor.errors import ExitCode
from tutor.explain import read_setting
from tutor.figures.kinds import figure_or_reason
from tutor.journal import folder
from tutor.opening import open_lesson
from tutor.plain_commands import HELP, TOLD, answer_wanted, command_of, near_command
from tutor.predictions import AGAIN, Prediction, Spot, is_open, predicted, spot
from tutor.recorder import Recorder
from tutor.request import Request
from tutor.session import OWN_NUMBERS, Session
from tutor.unsent import Unsent

LINE_LIMIT = 4000


def run_plain(request: Request, source: TextIO | None = None, sink: TextIO | None = None) -> int:
    """Takes the lesson over plain lines until its end, `quit`, or the end of the input."""
    session = open_lesson(request)
    recorder = Recorder(folder(), time.time)
    try:
        return Narrator(session, source or sys.stdin, sink or sys.stdout, recorder).run()
    finally:
        if not recorder.close():
            print("What you did could not be saved; `tutor doctor` tells more.", file=sys.stderr)


class Narrator:
    """Reads a line, changes the session, says what changed."""

    def __init__(self, session: Session, source: TextIO, sink: TextIO, recorder: Recorder | None = None) -> None:
        self.session = session
        self.recorder = recorder
        self.source = source
        self.sink = sink
        self.ended = False
        self.graph_told = ""
        self.picture_told: list[str] = []
        self.runs_told: dict[str, int] = {}  # at which step of the lesson each was told in full
        self.predictions: dict[Spot, Prediction] = {}
        self.lines: list[str] = []
        """The lines of a derivation that is not sent yet."""
        self.sent: list[str] = []
        """Those of the one that was marked last; undo has them again."""

    def say(self, lines: Iterator[str] | tuple[str, ...] | list[str]) -> None:
        for line in lines:
            print("\n".join(fitted(line)), file=self.sink)
        self.sink.flush()

    def run(self) -> int:
        """The exit status: 0, or 1 if a question's best answer was wrong."""
        lesson = self.session.loaded.lesson
        self.say([lesson.title, lesson.summary, "Type help for the commands.", ""])
        self.say(self.here())
        while not self.ended:
            line = self.source.readline(LINE_LIMIT)
            if not line:
                break
            self.take(line.strip())
            if self.recorder is not None:
                self.recorder.follow(self.session)
        self.say([f"Score: {self.session.points:g} of {self.session.possible_points:g}. Goodbye."])
        tried = [self.session.best(key) for key in self.session.attempts]
        wrong = any(best is not None and best.mark.verdict in {"wrong", "imprecise"} for best in tried)
        return int(ExitCode.failed if wrong else ExitCode.done)

    def take(self, line: str) -> None:
        """One line of the learner."""
        if (word := command_of(line, self.session)) is not None:
            self.obey(word)
        elif (near := near_command(line, self.session)) is not None:
            self.say([f"Did you mean {near}? Then type {near}. Nothing was marked."])
        elif line.startswith("set "):
            self.set(line[4:])
        elif line.startswith("row ") and self.session.question() is None:
            self.row(line[4:].strip())
        elif (question := self.session.question()) is not None:
            take = self.write if question.kind == "derivation" else self.answer
            take(line)
        elif is_open(self.session, self.predictions):
            self.predict(line)
        else:
            self.say([f"There is no question here; {HELP[0]}"])

    def obey(self, command: str) -> None:
        """One of the COMMANDS."""
        if command in TOLD:
            self.say(TOLD[command](self.session))
            return
        does: dict[str, Callable[[], None]] = {
            "next": self.next, "back": self.back, "skip": self.skip, "hint": self.hint, "undo": self.undo,
            "row": self.row, "quit": self.quit, "values": lambda: self.say(self.values()),
        }  # fmt: skip
        does[command]()

    def here(self, *, again: bool = False) -> Iterator[str]:
        """The present step, in full unless it is a walk, whose steps come one by one; `again`: also a known picture."""
        step, shown = self.session.step, self.session.graph
        yield f"Step {self.session.place + 1} of {len(self.session.steps)}."
        if shown is not None and shown.name != self.graph_told:
            self.graph_told = ""
        if self.session.edits and self.session.question() is not None:
            self.session, self.graph_told = self.session.original(), ""
            yield f"{OWN_NUMBERS}: they are back."
        if step.train is not None:
            place = self.session.place
            yield from trained_words(self.session, step.train, [n for n, at in self.runs_told.items() if at != place])
            if step.diagnose:
                self.runs_told = {**dict.fromkeys(step.train, place), **self.runs_told}
            return
        if step.explore is not None:
            yield f"Free play with {step.explore}: set NAME=NUMBER changes a value, undo takes it back."
            self.graph_told = shown.name if shown is not None else ""
            yield from play_lines(self.session)
            yield from row_lines(self.session)
            yield from self.picture()
            return
        if step.walk is None:
            yield from step_text(self.session, step, self.session.place + 1, picture=False)
            yield from self.picture(new=again)
            question = self.session.question()
            if question is not None and question.kind != "choice" and step.result is None:
                yield from self.graph_words()
            if question is not None:
                yield answer_wanted(question)
            return
        assert shown is not None
        yield from heading(f"{step.walk.capitalize()} pass of {shown.name}", "-")
        yield from given_line(self.session.trace_of(shown), "Given: ")
        self.graph_told = shown.name
        yield from row_lines(self.session)
        yield f"{counted(len(self.session.walk_steps()), 'step')}; Enter goes on."

    def graph_words(self) -> Iterator[str]:
        """What the screen draws beside a question, once in a row."""
        shown = self.session.graph
        if shown is None or shown.name == self.graph_told:
            return
        self.graph_told = shown.name
        yield from graph_lines(self.session)

    def write(self, line: str) -> None:
        """One more line of a derivation."""
        self.lines.append(line)
        self.sent = []
        self.note(Unsent(lines=tuple(self.lines)))
        self.say([f"Line {len(self.lines)}. Enter alone sends the derivation; undo takes this line back."])

    def next(self) -> None:
        if self.lines:
            self.sent, self.lines = self.lines, []
            self.answer("\n".join(self.sent))
            return
        if is_open(self.session, self.predictions):
            self.predictions[spot(self.session)] = Prediction(shown=True)
            self.say(list(self.walk_line()))
            return
        before, self.sent = self.session, []
        self.session = before.next()
        if self.session is before:
            self.say(["This is the end of the lesson."])
            self.ended = True
        elif self.session.place == before.place:
            self.say(list(self.walk_line()))
        else:
            self.say(["", *self.here()])

    def back(self) -> None:
        self.lines, self.sent = [], []
        self.session = self.session.back()
        in_walk = self.session.step.walk is not None and self.session.cursor
        self.say(list(self.walk_line() if in_walk else self.here(again=True)))

    def skip(self) -> None:
        self.lines, self.sent = [], []
        if self.session.place + 1 < len(self.session.steps):
            self.session = self.session.go(self.session.place + 1)
            self.say(["", *self.here()])
        else:
            self.next()

    def walk_line(self) -> Iterator[str]:
        steps = self.session.walk_steps()
        step, hidden = steps[self.session.cursor - 1], is_open(self.session, self.predictions)
        yield f"{self.session.cursor} of {len(steps)}:"
        yield from step_lines(step, 78, hidden=hidden)
        if hidden:
            yield f"What will {step.left} be? A number, or Enter, which shows it."

    def predict(self, text: str) -> None:
        mark = predicted(self.session, text)
        found = Prediction(mark, shown=mark.verdict in {"right", "imprecise"})
        self.predictions[spot(self.session)] = found
        note = "" if found.shown else f"; {AGAIN.format(key='Enter')}"
        self.say([f"  {found.words[0]}: {mark.given}{note}"])
        self.say([line for text in found.told() for line in wrapped(text, "    ") if line])
        if found.shown:
            self.say(list(self.walk_line()))

    def note(self, unsent: Unsent) -> None:
        """Keeps what is not marked yet."""
        question = self.session.question()
        if self.recorder is not None and question is not None:
            self.recorder.note(self.session, question.id, unsent)

    def answer(self, text: str) -> None:
        question = self.session.question()
        assert question is not None
        self.note(Unsent(text))  # until it is marked
        self.session = self.session.answer(text)
        mark = self.session.attempts[question.id][-1].mark
        hint = ", or type hint" if self.session.hints.get(question.id, 0) < len(question.hints) else ""
        kept = "; undo takes the last line back and keeps the others" if self.sent else ""
        again = "" if mark.verdict == "right" else f"Try again{hint}{kept}; "
        self.say([*mark_lines(mark, question.kind), f"{again}Enter goes on."])

    def hint(self) -> None:
        question = self.session.question()
        if question is None:
            self.say(["There is no question here."])
            return
        before = self.session.hints.get(question.id, 0)
        self.session = self.session.hint()
        if self.session.hints.get(question.id, 0) == before:
            self.say(["There is no further hint."])
        else:
            said = wrapped(unmarked(question.hints[before]), "  ")
            self.say([f"Hint {before + 1} of {len(question.hints)}:", *said])

    def values(self) -> list[str]:
        return list(value_lines(self.session, predicting=is_open(self.session, self.predictions)))

    def set(self, text: str) -> None:
        shown = self.session.graph
        if self.session.question() is not None:
            self.say([f"{OWN_NUMBERS}; change them in a walk or in play."])
            return
        before = self.values()
        try:
            name, number = read_setting(text)
            if shown is None:
                raise EngineError("this step has no graph")
            self.session = self.session.edit(shown.name, name, number)
        except EngineError as error:
            self.say([error.message])
            return
        self.say([*change_lines(before, self.values()), *self.picture()])

    def undo(self) -> None:
        if self.lines or self.sent:
            self.lines, self.sent = self.lines or self.sent, []
            gone = self.lines.pop()
            stay = f" Line {len(self.lines)} stays: {self.lines[-1]}" if self.lines else ""
            self.say([f"Taken back: {gone}.{stay}"])
            self.note(Unsent(lines=tuple(self.lines)))
            return
        before, self.session = self.values(), self.session.undo()
        self.say([*change_lines(before, self.values()), *self.picture()])

    def row(self, text: str = "") -> None:
        """Another data row: the next one, or one by its number."""
        try:
            self.session = other_row(self.session, text)
        except EngineError as error:
            self.say([error.message])
            return
        in_walk = self.session.step.walk is not None and self.session.cursor
        self.say([*row_lines(self.session), *(self.walk_line() if in_walk else self.values())])

    def picture(self, *, new: bool = True) -> Iterator[str]:
        """The step's picture in words, as it is with the values of now; unless `new`, not what was told just before."""
        step = self.session.step
        if step.picture is None:
            return
        shown_runs = runs_asked_for(self.session).intersection(step.picture.run_names)
        title, *told = figure_words(figure_or_reason(self.session, step), lowest=not shown_runs)
        known = not new and (told == self.picture_told or shows_trained(self.session))
        self.picture_told = told
        yield from ("", f"{title.removesuffix(':')}, as told before.") if known else ("", title, *told)

    def quit(self) -> None:
        self.ended = True
