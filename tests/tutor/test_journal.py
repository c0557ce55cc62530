"""What a learner did is never lost: torn files, killed processes, full disks, and merging in any order."""

from __future__ import annotations

import errno
import itertools
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.journal import MAX_FILE, Journal, decoded, encoded, read_records
from tutor.opening import open_lesson
from tutor.progress import progress, resumed
from tutor.recorder import Recorder
from tutor.request import Request


def answer(question: str, points: float, session: str = "a", n: int = 1) -> dict[str, Any]:
    return {
        "v": 1, "s": session, "n": n, "kind": "answer", "lesson": "l", "question": question, "points": points
    }  # fmt: skip


def test_what_was_put_is_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    assert journal.put("answer", lesson="l", question="q", points=1.0, text="∂L/∂w\n\x1b[31m")
    assert journal.close()
    kinds = [(record["kind"], record.get("text")) for record in read_records(tmp_path / "j")]
    assert kinds == [("answer", "∂L/∂w\n\x1b[31m"), ("end", None)]


def test_a_line_is_json_with_a_checksum() -> None:
    line = encoded(answer("q", 1.0))
    check, record = json.loads(line)
    assert len(check) == 8
    assert record["question"] == "q"
    assert line.endswith(b"\n")
    assert line.isascii()


def test_every_prefix_keeps_all_whole_records(tmp_path: Path) -> None:
    lines = [encoded(answer(f"q{i}", 1.0, n=i)) for i in range(5)]
    data = b"".join(lines)
    ends = list(itertools.accumulate(len(line) for line in lines))
    for cut in range(len(data) + 1):
        whole = sum(end <= cut + 1 for end in ends)  # the newline itself may be missing
        assert len(list(decoded(data[:cut]))) == whole


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_flipped_byte_costs_only_its_own_line(place: int, flip: int) -> None:
    lines = [encoded(answer(f"question-{i}", 1.0, n=i)) for i in range(4)]
    data = bytearray(b"".join(lines))
    place %= len(data)
    data[place] ^= flip
    found = list(decoded(bytes(data)))
    good = [json.loads(line)[1] for line in lines]
    assert all(record in good for record in found)
    assert len(found) >= 2  # a flipped newline joins two lines


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_merging_knows_no_order_and_no_repetition(order: list[int], repeated: list[int]) -> None:
    records = [answer(f"q{i % 3}", float(i % 2), session="ab"[i % 2], n=i) for i in range(6)]
    shuffled = [records[i] for i in order]
    straight, mixed = progress(records)["l"], progress(shuffled)["l"]
    assert straight.points == mixed.points
    again = progress(shuffled + [records[i] for i in repeated])["l"]
    assert again.points == straight.points


def test_a_disk_that_fails_and_recovers_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    assert journal.put("answer", lesson="l", question="one", points=1.0)
    write = os.write
    for code in (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.ESTALE, errno.EACCES, errno.EROFS):

        def fails(_file: int, _data: bytes, code: int = code) -> int:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "write", fails)
        assert not journal.put("answer", lesson="l", question=f"during {code}", points=1.0)
        assert journal.error is not None
        monkeypatch.setattr(os, "write", write)
        assert journal.put("answer", lesson="l", question=f"after {code}", points=1.0)
        assert journal.error is None
    assert journal.close()
    questions = [r["question"] for r in read_records(tmp_path) if r["kind"] == "answer"]
    assert len(questions) == len(set(questions)) == 13


def test_a_disk_that_is_full_for_hours_is_not_filled_with_empty_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)

    def full(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        for i in range(50):
            assert not journal.put("answer", lesson="l", question=f"q{i}", points=1.0)
            assert not journal.flush()
    assert list(tmp_path.iterdir()) == []
    assert journal.flush()
    assert len(read_records(tmp_path)) == 50


def test_there_are_never_too_many_journals_to_read(tmp_path: Path) -> None:
    for i in range(21_000):
        os.close(os.open(tmp_path / f"{i}.jsonl", os.O_CREAT))
    (tmp_path / "z.jsonl").write_bytes(encoded(answer("q", 1.0)))
    assert [record["question"] for record in read_records(tmp_path)] == ["q"]


def test_a_journal_of_any_size_is_read_within_bounds(tmp_path: Path) -> None:
    """A sparse file claims as much as somebody likes; what stands before the hole counts."""
    tmp_path.chmod(0o700)
    path = tmp_path / "huge.jsonl"
    path.write_bytes(encoded(answer("q", 1.0)))
    os.truncate(path, 1 << 30)
    tracemalloc.start()
    try:
        assert [record["question"] for record in read_records(tmp_path)] == ["q"]
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_FILE
    finally:
        tracemalloc.stop()


def test_a_journal_goes_on_after_its_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.put("answer", lesson="l", question="a", points=1.0) and journal.close()
    assert journal.put("answer", lesson="l", question="b", points=1.0) and journal.close()
    assert [r["n"] for r in read_records(tmp_path)] == [1, 2, 3, 4]


@pytest.mark.parametrize("n", ["abc", 1e400, None, [1], {}, True, -(10**400)])
def test_records_that_no_session_wrote_stop_nothing(tmp_path: Path, n: object) -> None:
    tmp_path.chmod(0o700)
    odd = [{"v": 1, "s": "a", "n": n, "kind": kind, "lesson": "l"} for kind in ("answer", "place", "end")]
    odd += [{"v": 1, "s": s, "n": 2, "kind": "place", "lesson": s, "time": "x", "place": n} for s in ("a", None, 3)]
    good = encoded(answer("q", 1.0))
    (tmp_path / "odd.jsonl").write_bytes(b"".join(map(encoded, odd)) + good)
    assert progress(read_records(tmp_path))["l"].points == {"q": 1.0}


def test_the_last_place_of_a_session_counts_though_its_clock_jumps_back(tmp_path: Path) -> None:
    clock = iter([500.0, 400.0, 300.0, 200.0, 100.0, 0.0])
    journal = Journal(tmp_path)
    for place in range(4):
        journal.put("place", lesson="l", place=place, cursor=0, of=1.0, last=False, time=next(clock))
    assert progress(read_records(tmp_path))["l"].place == 3


def test_half_a_write_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    write = os.write

    def half(file: int, data: bytes) -> int:
        write(file, data[:20])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", half)
    assert not journal.put("answer", lesson="l", question="q", points=1.0)
    monkeypatch.setattr(os, "write", write)
    assert journal.put("answer", lesson="l", question="r", points=1.0)
    assert [r["question"] for r in read_records(tmp_path)] == ["q", "r"]


def test_a_folder_that_others_can_write_is_not_trusted(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert not Journal(tmp_path).put("answer", lesson="l", question="q", points=1.0)
    assert read_records(tmp_path) == []


def test_a_session_is_followed_and_resumed(tmp_path: Path) -> None:
    start = open_lesson(Request("relu-sigmoid"))
    clock = iter(range(1000))
    recorder = Recorder(tmp_path, lambda: float(next(clock)))
    session = start
    recorder.follow(session)
    for _ in range(4):
        session = session.next()
        recorder.follow(session)
    step = next(step for step in session.steps if step.id == "dy-da")
    for text in ("0.1", "0.21"):
        session = session.answer(text, step)
        recorder.follow(session)
    assert recorder.close()
    again = resumed(start, read_records(tmp_path))
    assert (again.place, again.cursor) == (session.place, session.cursor)
    assert [a.answer for a in again.attempts["dy-da"]] == ["0.1", "0.21"]
    assert again.points == session.points == 1.0
    found = progress(read_records(tmp_path))["relu-sigmoid"]
    assert found.points == {"dy-da": 1.0}
    assert found.tries == {"dy-da": 2}


SAMPLES = Path(__file__).parents[1] / "data" / "journals"


def test_the_kept_samples_of_format_1_are_still_read(tmp_path: Path) -> None:
    """These files are never changed: a new format gets a new sample beside them."""
    for name in ("format-1.jsonl", "format-1-snapshot.jsonl"):
        (tmp_path / name).write_bytes((SAMPLES / name).read_bytes())
    records = read_records(tmp_path)
    assert [record["n"] for record in records] == [1, 2, 3, 4, 5, 6, 7, 2, 9]
    found = progress(records)["relu-sigmoid"]
    assert found.points == {"dy-da": 1.0, "dl-da": 1.0}
    assert (found.tries, found.faults) == ({"dy-da": 2, "dl-da": 1}, {"lost-factor": 1})
    assert (found.place, found.cursor, found.done, found.of) == (8, 1, True, 5.0)
    changed = (SAMPLES / "format-1.jsonl").read_bytes().replace(b'"0.21"', b'"0.22"')
    assert [record["n"] for record in decoded(changed)] == [1, 2, 3, 4, 6, 7]  # the checksum tells


def test_opening_a_lesson_again_keeps_the_place_and_resuming_writes_nothing_twice(tmp_path: Path) -> None:
    start = open_lesson(Request("relu-sigmoid"))
    clock = iter(range(1000))
    first = Recorder(tmp_path, lambda: float(next(clock)))
    first.follow(start)
    step = next(step for step in start.steps if step.id == "dy-da")
    there = start.go(5).answer("0.21", step)
    first.follow(there)
    assert first.close()
    second = Recorder(tmp_path, lambda: float(next(clock)))
    second.follow(start)
    assert second.close()
    again = resumed(start, read_records(tmp_path))
    assert again.place == 5
    third = Recorder(tmp_path, lambda: float(next(clock)))
    third.follow(start)
    third.adopt(again)
    third.follow(again.next())
    assert third.close()
    answers = [record for record in read_records(tmp_path) if record["kind"] == "answer"]
    assert len(answers) == 1
