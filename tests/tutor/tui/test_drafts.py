"""What is typed and not sent is there again at the next start."""

import itertools
import os
import signal
import sys

import pytest

from tests.terminal import Terminal, alive, children, command_of, descendants, environment
from tests.tutor.test_journal import SAMPLES
from tests.tutor.tui.courses import learn
from tests.tutor.tui.stages import HERE, marked, opened, play, press, settled, text, walk_to
from tests.tutor.tui.test_sandbox import filled
from tutor.compaction import kept
from tutor.journal import decoded, folder, read_records
from tutor.tui.marking.client import marking_of
from tutor.tui.rows.sandbox import Sandbox
from tutor.tui.screens.beside import MARKING
from tutor.unsent import Unsent, drafts, sandbox_draft


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
        assert drafts(order) == {"p": Unsent("12", ("first",))}


def test_records_that_say_nonsense_are_no_drafts():
    odd = ({"text": 3, "lines": []}, {"text": "x"}, typed("x") | {"picked": 1}, typed("") | {"picked": ["b", True, -1]})
    assert drafts(records(*[("a", "draft", f"q{i}", each) for i, each in enumerate(odd)])) == {}


def test_the_kept_sample_is_still_read():
    """This file is never changed: a new format gets a new sample beside it."""
    told = list(decoded((SAMPLES / "format-1-drafts.jsonl").read_bytes()))
    assert drafts(told[:2]) == {"dy-da": Unsent("0.2"), "which": Unsent(picked=(1,))}
    assert sandbox_draft(told) == Unsent("0.5", ("L = w*x", ""))


def test_an_answer_takes_the_place_of_its_draft_though_the_clock_goes_back():
    told = records(("a", "draft", "p", typed("1")), ("a", "answer", "p", {"text": "1"}))
    told[1]["time"] = -3600.0
    assert drafts(told) == {}
    assert drafts(told[:1]) == {"p": Unsent("1")}


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


async def test_what_is_picked_of_a_choice_is_there_again():
    async with opened("lesson.toml") as pilot:
        await play(pilot, "#6", "c", "a")
    assert pilot.app.memory.close()
    async with opened("lesson.toml") as again:
        await play(again, "#6")
        assert again.app.screen.draft.picked == {0, 2}
        await press(again, "enter")
    assert again.app.memory.close()
    assert not drafts(read_records(folder()))


async def test_what_is_typed_while_an_answer_is_marked_is_kept_behind_it():
    async with opened("lesson.toml") as pilot:
        await walk_to(pilot, 5)
        await play(pilot, "'a")
        process = marking_of(pilot.app)._process
        process.send_signal(signal.SIGSTOP)
        for key in ("ctrl+u", *"s1", "enter", "ctrl+u", *"x1"):
            await pilot.press(key)
        pilot.app.screen.note()
        process.send_signal(signal.SIGCONT)
        await marked(pilot)
        assert pilot.app.memory.close()
    records = read_records(folder())
    assert [record["text"] for record in records if record["kind"] == "answer"] == ["a", "s1"]
    assert drafts(records) == {"dy-dc": Unsent("x1")}


async def test_a_lesson_that_is_entered_again_still_has_what_was_typed():
    async with opened(None) as pilot:
        entry = next(iter(pilot.app.course.entries.values()))
        pilot.app.visit(entry)
        await settled(pilot)
        screen = pilot.app.screen
        typing = next(step for step, question in screen.session.questions() if question.kind == "number")
        await walk_to(pilot, screen.session.steps.index(typing))
        await press(pilot, "1", "5", "escape", "q", "q")
        assert pilot.app.screen is not screen
        pilot.app.visit(entry)
        await settled(pilot)
        assert pilot.app.screen.entry.text == "15"


# -- the sandbox


def test_a_sandbox_comes_back_from_its_lines_at_every_point():
    box = Sandbox().with_line("x = [1, -2]").with_line("L = sum(x)*w").completed().with_number(" -0.5 ")
    assert Sandbox.brought_back(box.kept) == box
    assert Sandbox.brought_back(filled().kept) == filled()
    for _ in range(6):
        box, _ = box.without_last()
        assert Sandbox.brought_back(box.kept) == box
    assert Sandbox.brought_back(("a = 1", "no formula", "b = a*2", "")) == Sandbox.brought_back(
        ("a = 1", "b = a*2", "")
    )


async def test_the_sandbox_is_as_it_was_left_until_it_is_begun_anew():
    async with opened(None) as pilot:
        await play(pilot, "s", "'L = w*x", "enter", "'3", *"0.25", "ctrl+c", "s")
        await settled(pilot)
        assert "What you typed last is here again" in text(pilot)
        assert pilot.app.screen.entry.text == "0.25"
    assert pilot.app.memory.close()
    async with opened(None) as again:
        await play(again, "s")
        await settled(again)
        box = again.app.screen.box
        assert (box.lines, box.numbers, again.app.screen.entry.text) == (("L = w*x",), {"w": 3.0}, "0.25")
        await press(again, "enter")
        assert again.app.screen.box.is_ready
        await press(again, "ctrl+n")
        assert again.app.screen.box == Sandbox()
    assert again.app.memory.close()
    assert sandbox_draft(read_records(folder())).is_empty
    async with opened(None) as third:
        await play(third, "s")
        await settled(third)
        assert "again" not in text(third)


# -- kill -9 and a dropped line


def killed(screen: Terminal) -> None:
    """Everything at once, as by the kernel that runs out of memory."""
    for pid in (screen.process.pid, *descendants(screen.process.pid)):
        os.kill(pid, signal.SIGKILL)


def dropped(screen: Terminal) -> None:
    """The line; what was stopped goes on to its end."""
    family = descendants(screen.process.pid)
    screen.hang_up()
    screen.wait_until(lambda: not alive(family[0]), "end of the screen")
    for pid in filter(alive, family):
        os.kill(pid, signal.SIGKILL)


def started(*arguments: str) -> Terminal:
    return Terminal([sys.executable, "-P", "-m", "tutor", *arguments], env=environment())


def stop_marking(screen: Terminal) -> None:
    """The process that marks stands still from now on.

    Not before it is a program of its own: until then the one that starts it would stand still with it (vfork).
    """
    drawing = children(screen.process.pid)[0]
    screen.wait_until(lambda: started_by(drawing), "the process that marks")
    for pid in started_by(drawing):
        os.kill(pid, signal.SIGSTOP)


def started_by(pid: int) -> list[int]:
    """The children that do not run their parent's command any more."""
    return [child for child in children(pid) if command_of(child) not in ("", command_of(pid))]


SENT = {
    "choice at the cursor": (1, "\x1b[B\r", "(•) b)"),
    "choice that was picked": (1, "c\r", "(•) c)"),
    "several of a choice": (6, "ac\r", "[x] c)"),
    "number": (4, "0.2099\r", "0.2099"),
    "derivation": (8, "dy/ds1*ds1/da\r\r", "1. dy/ds1*ds1/da"),
    "prediction": (12, "n 17.25\r", "17.25"),
}
"""The place in the lesson, keys there (a blank is a pause), and what the screen shows when it comes back."""


@pytest.mark.parametrize("end", [killed, dropped])
@pytest.mark.parametrize("what", SENT)
def test_an_answer_that_is_being_marked_is_there_again(what, end):
    place, keys, shown = SENT[what]
    learn(HERE / "lesson.toml", place=place)
    with started("run", str(HERE / "lesson.toml")) as screen:
        screen.wait_for("Press o to go on there")
        screen.type("o")
        screen.wait_for(f"{place + 1} of 14")
        stop_marking(screen)
        for each in keys.split(" "):
            screen.type(each)
            screen.settle()
        screen.wait_for(MARKING)
        screen.wait_until(lambda: any(r["kind"] == "draft" for r in read_records(folder())), "draft")
        end(screen)
        screen.process.wait()
    assert not any(record["kind"] == "answer" for record in read_records(folder()))
    with started("run", str(HERE / "lesson.toml")) as screen:
        screen.wait_for("Press o to go on there")
        screen.type("o")
        screen.wait_for(shown)


@pytest.mark.parametrize("end", [killed, dropped])
def test_what_is_typed_in_the_sandbox_is_there_again(end):
    with started() as screen:
        screen.wait_for("Enter open")
        screen.type("s")
        screen.wait_for("For example")
        screen.type("L = (w*x - 1)^2\r\r0.5\r-2.7")
        screen.wait_for("reads -2.7")
        if end is killed:  # a dropped line waits for what is typed, a kill does not
            screen.wait_until(lambda: sandbox_draft(read_records(folder())).text == "-2.7", "draft")
        end(screen)
        screen.process.wait()
    with started() as screen:
        screen.wait_for("Enter open")
        screen.type("s")
        screen.wait_for("What you typed last is here again")
        screen.wait_for("w = 0.5")
        screen.wait_for("x = -2.7")
