"""Everything that can be done from a screen, by name: its keys, the settings, the lessons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from textual.binding import Binding, BindingType

from tutor.course import Course, Entry
from tutor.tui.rows.catalogue_rows import folded
from tutor.tui.settings import CHOICES, Settings

MOVING = ("move(", "roll(", "pane(")
UNNAMED = frozenset({"app.commands"})
"""Actions that would only open what is open."""


@dataclass(frozen=True)
class Command:
    """What it is called, what stands at the right (its key, its id), and what it does: one of the last three."""

    name: str
    note: str = ""
    action: str = ""
    setting: tuple[str, str] | None = None
    entry: Entry | None = None


def screen_commands(keys: Iterable[BindingType]) -> Iterator[Command]:
    """One for each key of a screen that says what it does; what only moves about comes last."""
    named = [key for key in keys if isinstance(key, Binding) and key.description and key.action not in UNNAMED]
    for key in sorted(named, key=lambda key: key.action.startswith(MOVING)):
        yield Command(key.description, key.key_display or "", action=key.action)


def setting_commands(settings: Settings) -> Iterator[Command]:
    """One for each value of each setting."""
    now = asdict(settings)
    for name, values in CHOICES.items():
        for value, says in values.items():
            note = "as it is now" if now[name] == value else "setting"
            meaning = "" if says == value else f" ({says})"
            yield Command(f"{name}: {value}{meaning}", note, setting=(name, value))


def lesson_commands(course: Course | None) -> Iterator[Command]:
    """One for each lesson."""
    for unit in course.units if course else ():
        for entry in unit.lessons:
            yield Command(f"lesson: {entry.title}", entry.id, entry=entry)


def matching(offered: Sequence[Command], wanted: str) -> tuple[Command, ...]:
    """Those in which all words occur, the ones that begin with the text first."""
    words, start = folded(wanted).split(), folded(wanted).strip()
    found = [one for one in offered if all(word in folded(f"{one.name} {one.note}") for word in words)]
    found.sort(key=lambda one: start not in (folded(one.note), folded(one.name)[: len(start)]))
    return tuple(found)
