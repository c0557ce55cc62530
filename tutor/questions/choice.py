"""A choice: one or several options by number, letter or text."""

from __future__ import annotations

import re

from engine.errors import closest
from tutor.marking.context import Context
from tutor.marking.reading import shown
from tutor.marking.result import Mark, Verdict
from tutor.questions.question import Choice, Question

_MOST = 100


def mark_choice(question: Question, context: Context, answer: str) -> Mark:
    """Right when exactly the right options are chosen."""
    chosen = _chosen(answer, question.choices)
    if isinstance(chosen, str):
        return Mark(shown(answer), "unreadable", 0.0, question.points, note=chosen)
    options = question.choices
    read_as = "; ".join(options[i].text for i in sorted(chosen))
    wanted = {i for i, option in enumerate(options) if option.right}
    right = chosen == wanted
    because = [options[i].because.strip() for i in sorted(chosen) if options[i].because]
    if not right and chosen < wanted:
        because.append("That is right, but not all of it.")
    points = question.points if right else 0.0
    verdict: Verdict = "right" if right else "wrong"
    return Mark(shown(answer), verdict, points, question.points, read_as, note="\n".join(because))


def _chosen(answer: str, options: tuple[Choice, ...]) -> set[int] | str:
    """The options meant, or what is wrong with the answer."""
    whole = _one(answer, options)
    if whole is not None:
        return {whole}
    if (together := _letters(answer, options)) is not None:
        return together
    words = [word for word in re.split(r"[\s,;/&]+|\band\b", answer[:500]) if word]
    found: set[int] = set()
    for word in words[:_MOST]:
        index = _one(word, options)
        if index is None:
            near = closest(answer.strip()[:200], [option.text for option in options])
            hint = f"; did you mean {near}?" if near else ""
            such = "2 or 1, 3" if len(options) > 2 else "2"
            return f"answer with the numbers of options, 1 to {len(options)}, such as {such}{hint}"
        found.add(index)
    return found or f"answer with the numbers of options, 1 to {len(options)}"


def _letters(answer: str, options: tuple[Choice, ...]) -> set[int] | None:
    """`AC` for A and C: letters of different options and nothing else."""
    letters = answer.strip().lower()
    places = [ord(letter) - 97 for letter in letters[: len(options) + 1]]
    if not 2 <= len(letters) <= len(options) or len(set(places)) < len(places):
        return None
    return set(places) if all(0 <= place < len(options) for place in places) else None


def _one(word: str, options: tuple[Choice, ...]) -> int | None:
    for i, option in enumerate(options):
        if word.strip().casefold() == option.text.strip().casefold():
            return i
    text = word.strip().strip(".()[]")
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= len(options):
        return int(text) - 1
    if len(text) == 1 and text.isascii() and text.isalpha() and ord(text.lower()) - 97 < len(options):
        return ord(text.lower()) - 97
    return None
