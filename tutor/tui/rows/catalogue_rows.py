"""The catalogue as a list: units, their lessons, and what belongs to the chosen lesson."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tutor.course import Course, Entry
from tutor.draw.cells import Row, Run, fit
from tutor.text import safe
from tutor.tui.rows.flow import run, wrap


@dataclass(frozen=True)
class Item:
    """One line of the list: a unit's title (`entry` is None) or a lesson."""

    title: str
    entry: Entry | None = None

    @property
    def id(self) -> str:
        """The lesson's id; nothing for a unit."""
        return self.entry.id if self.entry else ""


@dataclass(frozen=True)
class Standing:
    """How far a lesson has come, in words that fit a narrow column."""

    text: str = ""
    done: bool = False


def items(course: Course, wanted: str = "") -> tuple[Item, ...]:
    """Units and lessons in order; with `wanted`, the lessons in which all its words occur."""
    words = folded(wanted).split()
    found: list[Item] = []
    for unit in course.units:
        lessons = [entry for entry in unit.lessons if all(word in searched(entry) for word in words)]
        if lessons:
            found.append(Item(unit.title))
            found.extend(Item(entry.title, entry) for entry in lessons)
    return tuple(found)


def searched(entry: Entry) -> str:
    """What a search looks at."""
    return folded(" ".join((entry.title, entry.id, entry.summary, *entry.covers)))


def folded(text: str) -> str:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text[:2000]).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def item_row(item: Item, width: int, standing: Standing, *, chosen: bool) -> Row:
    """A unit as a title, a lesson with its sign, its minutes and how far it has come."""
    if item.entry is None:
        return (Run(fit(f" {safe(item.title, 200)}", width), "strong"),)
    sign = "✓" if standing.done else "▸" if chosen else " "
    right = f"{standing.text:>10} {item.entry.minutes:>3} min "
    room = max(4, width - len(right) - 4)
    text = f" {sign}  {fit(safe(item.title, 200), room)}"
    if chosen:
        return (Run(text + right, "cursor"),)
    return (Run(text, "right" if standing.done else "text"), Run(right, "dim"))


def about(entry: Entry, course: Course, standings: Mapping[str, Standing], width: int) -> Iterator[Row]:
    """What the chosen lesson is, how long it takes and what it needs first."""
    yield from wrap([run(entry.title, "heading")], width)
    if entry.summary:
        yield from wrap([run(entry.summary)], width)
    yield ()
    yield (Run("Takes  ", "dim"), Run(f"{entry.minutes} minutes", "text"))
    for i, need in enumerate(entry.needs):
        known = course.entries.get(need)
        done = standings.get(need, Standing()).done
        word = "done" if done else "not done yet"
        name = known.title if known else need
        start = "Needs  " if i == 0 else "       "
        sign = "✓" if done else "·"
        yield from wrap([Run(start, "dim"), run(f"{sign} {name}"), run(f" ({word})", "dim")], width, rest="         ")
    if not entry.needs:
        yield (Run("Needs  ", "dim"), Run("nothing before it: a good place to start", "text"))
