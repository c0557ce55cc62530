"""What the catalogue knows of the learner, read from the journals at once, off the screen's thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.course import Course
from tutor.tui.rows.catalogue_rows import Halt, Slip, Standing

if TYPE_CHECKING:
    from tutor.tui.rows.mistake_rows import Mistake

MOST_READ = 256 * 1024


@dataclass(frozen=True)
class Recollection:
    """How far each lesson has come, where the learner was last, and what went wrong more than once."""

    standings: Mapping[str, Standing] = field(default_factory=dict)
    halt: Halt | None = None
    mistakes: tuple[Mistake, ...] = ()

    @property
    def slips(self) -> tuple[Slip, ...]:
        """The mistakes in a line each; to practise them, the first question here that is still open."""
        return tuple(
            Slip(one.fault, one.title, one.count, next((spot.title for spot in one.spots if spot.is_here), ""))
            for one in self.mistakes
        )


def recollect(course: Course) -> Recollection:
    """Reads the journals of this user."""
    from tutor.journal import folder, read_records
    from tutor.progress import progress
    from tutor.recurring import latest_stop

    records = read_records(folder())
    standings = {
        name: Standing.of(one.earned, one.of, done=one.done)
        for name, one in progress(records).items()
        if one.tries or one.place or one.done
    }
    stop = latest_stop(records)
    entry = course.entries.get(stop.lesson) if stop else None
    halt = Halt(stop.lesson, stop.place, count_steps(entry.path)) if stop and entry else None
    return Recollection(standings, halt, mistakes(records, course))


def mistakes(records: list[dict[str, object]], course: Course) -> tuple[Mistake, ...]:
    """The recurring mistakes with their titles, also those that were made in lessons of another course."""
    from tutor.recurring import recurring

    again = recurring(records)
    if not again:
        return ()
    from engine.faults.catalogue import FAULTS  # a beginner's catalogue does not wait for the table of mistakes
    from tutor.tui.rows.mistake_rows import Mistake, Spot

    found = []
    for one in again:
        spots = []
        for where in one.places:
            entry = course.entries.get(where.lesson)
            title = entry.title if entry else where.lesson
            spots.append(Spot(where.lesson, title, where.question, where.count, where.mended, entry is not None))
        title = FAULTS[one.fault].title if one.fault in FAULTS else one.fault
        found.append(Mistake(one.fault, title, one.count, tuple(spots)))
    return tuple(found)


def count_steps(path: Path) -> int:
    """How many steps a lesson file has, without reading it as TOML; 0 if that cannot be said."""
    try:
        with path.open("rb") as file:
            lines = file.read(MOST_READ).splitlines()
    except OSError:
        return 0
    return sum(line.strip() == b"[[step]]" for line in lines)
