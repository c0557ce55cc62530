"""What the shell may complete: lesson ids, formats, topics. Lesson files are foreign: made safe."""

from __future__ import annotations

from collections.abc import Iterable

from tutor.text import safe

LONGEST = 60
Words = list[tuple[str, str]]


def lesson_ids(incomplete: str) -> Words:
    """The ids of the course that begin so, with their titles; none while a path is typed, so that files complete."""
    from tutor.course import course

    entries = course().entries.values()
    return _beginning(incomplete, ((entry.id, entry.title) for entry in entries))


def lessons_or_all(incomplete: str) -> Words:
    """Like lesson_ids, and `all`."""
    return [*_beginning(incomplete, [("all", "every lesson of the course")]), *lesson_ids(incomplete)]


def topics(incomplete: str) -> Words:
    """The topics of `tutor help`."""
    from tutor.help_topics import TOPICS

    return _beginning(incomplete, ((name, "") for name in TOPICS))


def headless_formats(incomplete: str) -> Words:
    """The formats of `tutor run --headless`."""
    from tutor.outputs import OUTPUTS

    return _beginning(incomplete, ((name, "") for name in OUTPUTS))


def _beginning(incomplete: str, words: Iterable[tuple[str, str]]) -> Words:
    """Words with a blank or a control character in them would be more than one word for the shell."""
    found = [(word, safe(text, LONGEST)) for word, text in words if word.startswith(incomplete)]
    return [
        (word, text) for word, text in found if word == safe(word, LONGEST) and not set(word) & set(" \t\n'\"\\$`;")
    ]
