"""The catalogue as a list: where to go on, units, their lessons, and what belongs to the chosen line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tutor.course import Course, Entry
from tutor.draw.cells import Row, Run, cell_width, clip, fit
from tutor.text import safe
from tutor.tui.keys import Key
from tutor.tui.rows.flow import run, wrap

Kind = Literal["unit", "lesson", "start", "slips", "gap"]
NEAR = "No lesson has these words. Like them:"
ALIKE = 0.75
_WORD = re.compile(r"\w+")
STOPPED = "Continue where you stopped"


@dataclass(frozen=True)
class Item:
    """One line of the list: a lesson, a unit's title, where to go on, the recurring mistakes, or nothing."""

    title: str
    entry: Entry | None = None
    kind: Kind = "unit"
    note: str = ""

    @property
    def id(self) -> str:
        """The lesson's id; nothing for a unit."""
        return self.entry.id if self.entry else ""

    @property
    def can_be_chosen(self) -> bool:
        """Whether the cursor can stand on it."""
        return self.kind in {"lesson", "start", "slips"}


@dataclass(frozen=True)
class Standing:
    """How far a lesson has come, in words that fit a narrow column; `lacking`: points are still to be had there."""

    text: str = ""
    done: bool = False
    lacking: bool = False

    @classmethod
    def of(cls, points: float, possible: float, *, done: bool) -> Standing:
        """In points; a lesson without any is begun or done."""
        if not possible:
            return cls("done" if done else "begun", done)
        return cls(f"{points:g}/{possible:g} points", done, points < possible)

    @property
    def sign(self) -> str:
        """One of SIGNS; a blank for what is not done."""
        return " " if not self.done else "~" if self.lacking else "✓"


SIGNS = (
    Key("", "", "✓", "", "a lesson that is done, with all its points"),
    Key("", "", "~", "", "a lesson that is done; a question of it is still open"),
)


@dataclass(frozen=True)
class Halt:
    """The lesson where the learner was last, its step counted from zero, and how many it has (0: not known)."""

    lesson: str
    place: int
    steps: int = 0


@dataclass(frozen=True)
class Slip:
    """A mistake that came back: its fault and what that means, how often, and a lesson to practise it in."""

    fault: str
    title: str
    count: int
    lesson: str = ""

    @property
    def says(self) -> str:
        """In one line."""
        where = f"; practise in {self.lesson}" if self.lesson else ""
        return f"{self.count} times: {self.title} ({self.fault}){where}"


def items(
    course: Course, wanted: str = "", start: Item | None = None, slips: tuple[Slip, ...] = ()
) -> tuple[Item, ...]:
    """Where to go on, then units and lessons in order; with `wanted`, the lessons in which all its words occur."""
    words = folded(wanted).split()
    found: list[Item] = []
    if not words:
        found += [start] if start else []
        found += [Item(slips[0].says, kind="slips", note=f"{len(slips)}")] if slips else []
        found += [Item("", kind="gap")] if found else []
    matching = _listed(course, lambda entry: all(word in searched(entry) for word in words))
    if not matching and words:
        near = _listed(course, lambda entry: all(is_near(word, entry) for word in words))
        matching = [Item(NEAR), *near] if near else []
    return (*found, *matching)


def _listed(course: Course, wanted: Callable[[Entry], bool]) -> list[Item]:
    """The wanted lessons under the titles of their units."""
    found: list[Item] = []
    for unit in course.units:
        lessons = [entry for entry in unit.lessons if wanted(entry)]
        found += [Item(unit.title)] if lessons else []
        found += [Item(entry.title, entry, "lesson") for entry in lessons]
    return found


def is_near(word: str, entry: Entry) -> bool:
    """Whether a lesson's title, id or subjects have a word that differs from this one by a letter or two."""
    from difflib import get_close_matches

    known = _WORD.findall(folded(" ".join((entry.title, entry.id, *entry.covers))))
    return bool(get_close_matches(word, known, 1, ALIKE))


def start_item(course: Course, standings: Mapping[str, Standing], halt: Halt | None) -> Item | None:
    """Where to go on: the lesson that was left, else the next one that is not done, else the first."""
    entry = course.entries.get(halt.lesson) if halt else None
    if halt and entry and not standings.get(entry.id, Standing()).done:
        of = f" of {halt.steps}" if halt.steps else ""
        return Item(STOPPED, entry, "start", f"step {halt.place + 1}{of}")
    lessons = [each for unit in course.units for each in unit.lessons]
    at = lessons.index(entry) + 1 if entry in lessons else 0
    is_open = (each for each in lessons[at:] + lessons[:at] if not standings.get(each.id, Standing()).done)
    following = next(is_open, None)
    if following is None:
        return None
    words = "Start here" if following is lessons[0] else "Next"
    return Item(words, following, "start", f"{following.minutes} min")


def following(course: Course, lesson: str) -> Entry | None:
    """The lesson after another one in the order of the course."""
    ids = [each.id for unit in course.units for each in unit.lessons]
    at = ids.index(lesson) + 1 if lesson in ids else len(ids)
    return course.entries[ids[at]] if at < len(ids) else None


def searched(entry: Entry) -> str:
    """What a search looks at."""
    return folded(" ".join((entry.title, entry.id, entry.summary, *entry.covers)))


def folded(text: str) -> str:
    """Without case and accents, and in one spelling of those that America and Britain have."""
    plain = unicodedata.normalize("NFKD", text[:2000]).casefold()
    return _AMERICAN.sub(_british, "".join(letter for letter in plain if not unicodedata.combining(letter)))


_AMERICAN = re.compile("color|gray|center|behavior|(?<=[a-z]{2})iz(?=e|ing|ation)")


def _british(found: re.Match[str]) -> str:
    return {"color": "colour", "gray": "grey", "center": "centre", "behavior": "behaviour", "iz": "is"}[found[0]]


def item_row(item: Item, width: int, standing: Standing, *, chosen: bool) -> Row:
    """A unit as a title, a lesson with its sign, its minutes and how far it has come."""
    if item.kind in {"start", "slips"}:
        return first_row(item, width, chosen=chosen)
    if item.entry is None:
        return (Run(fit(f" {safe(item.title, 200)}", width), "strong"),)
    sign = "▸" if chosen and not standing.done else standing.sign
    right = f"{standing.text:>12} {item.entry.minutes:>3} min "
    room = max(4, width - len(right) - 4)
    text = f" {sign}  {fit(safe(item.title, 200), room)}"
    if chosen:
        return (Run(text + right, "cursor"),)
    return (Run(text, "right" if standing.sign == "✓" else "text"), Run(right, "dim"))


def first_row(item: Item, width: int, *, chosen: bool) -> Row:
    """Where to go on, or the most frequent mistake."""
    if item.kind == "slips":
        text = fit(f" {'▸' if chosen else '!'}  {safe(item.title, 400)}", width)
        return (Run(text, "cursor" if chosen else "warn"),)
    title = safe(item.entry.title if item.entry else "", 200)
    start, end = f" ▸  {item.title}: ", f", {item.note}"
    text = f"{start}{clip(title, max(4, width - cell_width(start) - cell_width(end) - 1))}{end}"
    return (Run(fit(text, width), "cursor" if chosen else "focus"),)


def about(entry: Entry, course: Course, standings: Mapping[str, Standing], width: int) -> Iterator[Row]:
    """What the chosen lesson is, how long it takes and what it needs first."""
    yield from wrap([run(entry.title, "heading")], width)
    if entry.summary:
        yield from wrap([run(entry.summary)], width)
    yield ()
    yield (Run("Takes  ", "dim"), Run(f"{entry.minutes} minutes", "text"))
    for i, need in enumerate(entry.needs):
        known = course.entries.get(need)
        standing = standings.get(need, Standing())
        word = "done" if standing.done else "not done yet"
        name = known.title if known else need
        start = "Needs  " if i == 0 else "       "
        sign = standing.sign if standing.done else "·"
        yield from wrap([Run(start, "dim"), run(f"{sign} {name}"), run(f" ({word})", "dim")], width, rest="         ")
    if not entry.needs:
        yield (Run("Needs  ", "dim"), Run("nothing before it: a good place to start", "text"))


def about_slips(slips: tuple[Slip, ...], width: int) -> Iterator[Row]:
    """The most frequent mistakes."""
    yield (Run("What went wrong more than once", "heading"),)
    for slip in slips:
        start = f"{slip.count}×  "
        text = [Run(start, "number"), run(slip.title), run(f" ({slip.fault})", "dim")]
        yield from wrap(text, width, rest=" " * len(start))
        if slip.lesson:
            where = [Run("practise in ", "dim"), run(slip.lesson)]
            yield from wrap(where, width, first=" " * len(start), rest=" " * len(start))
    yield ()
    yield (Run("Enter shows where, and leads there.", "dim"),)
