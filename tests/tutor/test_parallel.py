"""Work over processes: in order, a bounded number under way, and a process that ends costs one item."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator

from tutor.parallel import AHEAD, in_order, workers_for


def doubled(number: int) -> int:
    if number == 13:
        os._exit(1)
    return 2 * number


def lost(number: int) -> int:
    return -number


def test_results_come_in_order_whatever_the_pieces() -> None:
    for workers, piece in ((1, 1), (2, 1), (2, 5)):
        numbers = list(range(14, 60))
        assert list(in_order(doubled, numbers, workers, lost, piece)) == [2 * n for n in numbers]


def test_a_process_that_ends_costs_its_own_item_only() -> None:
    found = list(in_order(doubled, range(40), 2, lost, 4))
    assert found == [-13 if n == 13 else 2 * n for n in range(40)]


def test_a_process_that_ends_while_results_are_read_costs_its_own_item_only() -> None:
    """The processes are found gone when the next item is given to them, not when a result is asked for."""
    found = []
    for result in in_order(doubled, [0, 13, *range(20, 60)], 2, lost):
        if not found:
            for process in multiprocessing.active_children():
                process.join(60)
        found.append(result)
    assert found == [0, -13, *(2 * n for n in range(20, 60))]


def test_only_a_bounded_number_of_items_is_taken_ahead() -> None:
    taken = []

    def items() -> Iterator[int]:
        for n in range(14, 1000):
            taken.append(n)
            yield n

    results = in_order(doubled, items(), 2, lost, 3)
    assert next(results) == 28
    assert len(taken) <= (AHEAD + 1) * 2 * 3
    results.close()


def test_no_more_processes_than_pieces() -> None:
    assert [workers_for(*args) for args in ((4, 2), (4, 9), (None, 1), (2, 0))] == [2, 4, 1, 1]
