"""A share of `tests/bench/race_links.py`: a path swapped for a symlink while it is read never leads outside."""

from __future__ import annotations

import time

from tests.bench.race_links import careful, careless, race


def test_a_path_that_is_swapped_while_it_is_read_never_leads_outside() -> None:
    inside, refused, escaped = race(careful, 30_000)
    assert escaped == 0
    assert inside > 0 and refused > 0


def test_the_race_is_a_real_one() -> None:
    """A reader that looks first and opens afterwards is led outside."""
    assert race(careless, 1_000_000, until=time.monotonic())[2] > 0
