"""A question with its options, what was made of the last answer, and the hints shown so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tutor.draw.cells import Row, Run, row_text
from tutor.tui.rows.draft import Draft
from tutor.tui.rows.flow import run, wrap
from tutor.tui.rows.prose import inline, prose

if TYPE_CHECKING:
    from tutor.marking import Mark
    from tutor.questions import Question
    from tutor.session import Attempt, Session

VERDICTS = {
    "right": ("✓ right", "right"),
    "wrong": ("✗ wrong", "wrong"),
    "imprecise": ("~ right, but rounded too coarsely", "warn"),
    "unreadable": ("? cannot be read; this costs nothing", "warn"),
    "missing": ("– nothing typed yet", "dim"),
    "unscored": ("· not scored", "strong"),
}
SHOWN_ANSWER = 240
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def question_rows(session: Session, draft: Draft, width: int) -> list[Row]:
    """Everything about the present question but the line that is typed."""
    question = session.question()
    if question is None:
        return []
    rows = asked_rows(question, draft, width)
    tried = session.attempts.get(question.id, ())
    if tried:
        rows += [(), *attempt_rows(question, tried, width)]
    for i in range(session.hints.get(question.id, 0)):
        start = f" Hint {i + 1}: "
        rows += [(), *wrap([Run(start, "strong"), *inline(run(question.hints[i]).text)], width, rest="         ")]
    return rows


def asked_rows(question: Question, draft: Draft, width: int) -> list[Row]:
    """The question, its options, and the lines of a derivation so far."""
    rows = prose(question.ask, width)
    if question.choices:
        rows += [(), *option_rows(question, draft, width)]
    for i, line in enumerate(draft.lines):
        rows += wrap([run(line)], width, first=f" {i + 1:>2}. ")
    return rows


def option_rows(question: Question, draft: Draft, width: int) -> Iterator[Row]:
    """The options with their letters; the cursor is a sign, not only a colour."""
    several = sum(choice.right for choice in question.choices) > 1
    for i, option in enumerate(question.options):
        picked = i in draft.picked
        box = ("[x]" if picked else "[ ]") if several else ("(•)" if picked else "( )")
        sign = "▸" if i == draft.cursor else " "
        letter = LETTERS[i] if i < len(LETTERS) else str(i + 1)
        style = "strong" if i == draft.cursor else "text"
        start = Run(f"{sign}{box} {letter}) ", "prompt" if i == draft.cursor else "text")
        yield from wrap([start, *inline(run(option).text, style)], width, rest=" " * len(start.text))


def option_at(question: Question, draft: Draft, width: int, row: int) -> int | None:
    """Which option stands at a row of a question, None if that row holds something else."""
    start = len(prose(question.ask, width)) + 1
    owners: list[int] = []
    for shown in option_rows(question, draft, width):
        begins = row_text(shown)[1:4] in {"[x]", "[ ]", "(•)", "( )"}
        owners.append(owners[-1] + begins if owners else 0)
    return owners[row - start] if 0 <= row - start < len(owners) else None


def attempt_rows(question: Question, tried: tuple[Attempt, ...], width: int) -> Iterator[Row]:
    """The last answer and what was made of it; how many there were."""
    mark = tried[-1].mark
    words, style = VERDICTS[mark.verdict]
    shown = mark.read_as if question.choices else mark.given.replace("\n", " | ")
    count = sum(not attempt.mark.is_free for attempt in tried)
    note = f"   ({count} tries)" if count > 1 else ""
    answer = [run(f"  {shown or ''}", limit=SHOWN_ANSWER)]
    if question.choices:
        answer = inline(answer[0].text)
    yield from wrap([Run(f" {words}", style), *answer, Run(note, "dim")], width, rest="   ")
    if mark.read_as and not question.choices and mark.read_as != mark.given:
        yield from wrap([Run("read as ", "dim"), run(mark.read_as, limit=SHOWN_ANSWER)], width, first="   ")
    yield from told_rows(question, mark, width)


def told_rows(question: Question, mark: Mark, width: int) -> Iterator[Row]:
    """The reasons: what is said to the student, and for a formula a point at which it goes wrong."""
    caret = set(mark.caret.splitlines())
    for text in mark.messages:
        if text in caret:
            yield (Run("   ", "text"), run(text, "code"))
        else:
            yield from wrap(inline(run(text, limit=1000).text), width, first="   ")
    if mark.witness is not None and mark.verdict == "wrong" and question.kind in {"formula", "derivation"}:
        yield from wrap([run(f"For example, {mark.witness.says}.", "dim")], width, first="   ")
