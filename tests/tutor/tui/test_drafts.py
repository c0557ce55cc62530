"""What is typed and not sent is there again at the next start."""

import itertools

from tests.tutor.tui.stages import opened, play, press
from tutor.compaction import kept
from tutor.journal import folder, read_records
from tutor.progress import drafts


def records(*told):
    """Records of one lesson, in the order in which they were written."""
    return [
        {"v": 1, "s": s, "n": n, "kind": kind, "lesson": "x", "question": question, "time": float(n), **more}
        for n, (s, kind, question, more) in enumerate(told, 1)
    ]


def typed(text, *lines):
    return {"text": text, "lines": list(lines)}


def test_the_last_word_counts_whatever_the_order_of_reading():
    told = records(
        ("a", "draft", "p", typed("1")),
        ("b", "draft", "p", typed("12", "first")),
        ("a", "draft", "q", typed("sent later")),
        ("a", "answer", "q", {"text": "sent"}),
        ("b", "draft", "r", typed("taken back")),
        ("b", "draft", "r", typed(" ")),
    )
    for order in itertools.permutations(told):
        assert drafts(order) == {"p": ("12", ("first",))}


def test_records_that_say_nonsense_are_no_drafts():
    assert drafts(records(("a", "draft", "p", {"text": 3, "lines": []}), ("a", "draft", "q", {"text": "x"}))) == {}


def test_a_snapshot_keeps_the_last_word_of_each_question():
    told = records(*[("a", "draft", q, typed(f"{q}{i}")) for i in range(50) for q in "pq"])
    assert [record["text"] for record in kept(told)] == ["p49", "q49"]


async def test_a_line_that_was_typed_is_there_again():
    async with opened("lesson.toml") as pilot:
        await play(pilot, "#4")
        await press(pilot, *"0.2")
        assert pilot.app.screen.entry.text == "0.2"
    assert pilot.app.memory.close()
    async with opened("lesson.toml") as again:
        await play(again, "#4")
        assert again.app.screen.entry.text == "0.2"
        await press(again, "1", "enter")
    assert again.app.memory.close()
    assert not drafts(read_records(folder()))


async def test_the_lines_of_a_derivation_are_there_again():
    async with opened("lesson.toml") as pilot:
        await play(pilot, "#8", "'dy/ds1 * ds1/da")
        await press(pilot, *"1*r")
    assert pilot.app.memory.close()
    async with opened("lesson.toml") as again:
        await play(again, "#8")
        assert again.app.screen.draft.lines == ("dy/ds1 * ds1/da",)
        assert again.app.screen.entry.text == "1*r"


async def test_what_was_there_before_is_not_asked_about_when_leaving():
    async with opened("lesson.toml") as pilot:
        await play(pilot, "#4")
        await press(pilot, *"0.1")
    assert pilot.app.memory.close()
    async with opened("lesson.toml") as again:
        again.app.screen.action_leave()
        assert not again.app.screen.asked_to_leave
