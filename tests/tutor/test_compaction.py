"""Old journals are put together: nothing is lost, live journals stay, and a start with hundreds of them is one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor import compaction, journal
from tutor.compaction import WEEK, compact, kept
from tutor.journal import Journal, encoded, read_records
from tutor.progress import progress


def session(folder: Path, name: str, *, end: bool = True) -> Journal:
    """A session of two answers and two places."""
    found = Journal(folder)
    for i in range(2):
        assert found.put("answer", lesson="l", question=f"{name}-{i}", points=1.0)
        assert found.put("place", lesson="l", variant=None, place=i, cursor=0, of=3.0, last=False, time=float(i))
    if end:
        assert found.close()
    return found


def files(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def answers(folder: Path) -> set[str]:
    return {record["question"] for record in read_records(folder) if record["kind"] == "answer"}


def test_hundreds_of_ended_journals_become_one_file_with_everything_in_it(tmp_path: Path) -> None:
    for i in range(300):
        session(tmp_path, str(i))
    before = progress(read_records(tmp_path))
    assert compact(tmp_path) == 300
    (name,) = files(tmp_path)
    assert name.startswith("snap-")
    assert progress(read_records(tmp_path)) == before
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_snapshot_is_put_together_with_later_journals(tmp_path: Path) -> None:
    for i in range(3):
        session(tmp_path, str(i))
    assert compact(tmp_path, least=2) == 3
    session(tmp_path, "later")
    assert compact(tmp_path, least=2) == 2
    assert len(files(tmp_path)) == 1
    assert len(answers(tmp_path)) == 8


def test_few_journals_are_left_alone(tmp_path: Path) -> None:
    for i in range(5):
        session(tmp_path, str(i))
    assert compact(tmp_path) == 0
    assert len(files(tmp_path)) == 5


def test_a_live_journal_is_never_touched(tmp_path: Path) -> None:
    live = session(tmp_path, "live", end=False)
    (name,) = files(tmp_path)
    for i in range(3):
        session(tmp_path, str(i))
    compact(tmp_path, least=1)
    assert name in files(tmp_path)
    assert live.put("answer", lesson="l", question="more", points=1.0)
    assert "more" in answers(tmp_path)


def test_one_that_was_killed_goes_after_a_week_by_the_clock_of_the_files(tmp_path: Path) -> None:
    session(tmp_path, "killed", end=False)
    (path,) = tmp_path.iterdir()
    made = path.stat().st_mtime
    os.utime(path, (made - WEEK + 3600,) * 2)
    assert compact(tmp_path, least=1) == 0
    os.utime(path, (made - WEEK - 3600,) * 2)
    assert compact(tmp_path, least=1) == 1
    assert answers(tmp_path) == {"killed-0", "killed-1"}


def test_a_session_that_was_silent_for_a_day_begins_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what it writes later is in no file that somebody has put away meanwhile."""
    clock = [1000.0]
    monkeypatch.setattr(journal, "_awake_and_asleep", lambda: clock[0])
    live = session(tmp_path, "live", end=False)
    (path,) = tmp_path.iterdir()
    clock[0] += 8 * 86_400
    os.utime(path, (path.stat().st_mtime - 8 * 86_400,) * 2)
    assert compact(tmp_path, least=1) == 1
    assert live.put("answer", lesson="l", question="a week later", points=1.0)
    assert answers(tmp_path) == {"live-0", "live-1", "a week later"}


def test_what_is_not_understood_stays_as_it_is(tmp_path: Path) -> None:
    ended = encoded({"v": 1, "s": "a", "n": 2, "kind": "end"})
    strange = {
        "foreign.jsonl": b"[1, 2]\n" + ended,
        "changed.jsonl": encoded({"v": 1, "s": "a", "n": 1, "kind": "answer"}).replace(b"answer", b"Answer") + ended,
        "unnamed.jsonl": encoded({"kind": "answer"}) + ended,
        "notes.txt": b"mine",
    }
    for name, data in strange.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "link.jsonl").symlink_to("notes.txt")
    compact(tmp_path, least=1)
    assert files(tmp_path) == {*strange, "link.jsonl"}


def test_a_torn_last_line_goes_with_an_old_journal(tmp_path: Path) -> None:
    session(tmp_path, "torn", end=False)
    (path,) = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(b'["00000000",{"half')
    os.utime(path, (0, 0))
    assert compact(tmp_path, least=1) == 1
    assert answers(tmp_path) == {"torn-0", "torn-1"}


def test_snapshots_are_no_larger_than_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MOST_BYTES", 2000)
    for i in range(40):
        session(tmp_path, str(i))
    for _ in range(30):
        compact(tmp_path, least=2)
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= 2000
    assert len(files(tmp_path)) < 30
    assert len(answers(tmp_path)) == 80


def test_what_a_killed_compactor_left_goes_after_a_week(tmp_path: Path) -> None:
    for name in (".snap-ab.jsonl.1-ab.tmp", ".clock-ab.tmp"):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".snap-cd.jsonl.1-ab.tmp").write_bytes(b"")
    compact(tmp_path)
    assert files(tmp_path) == {".snap-cd.jsonl.1-ab.tmp"}


def test_a_folder_of_others_and_one_that_cannot_be_written_change_nothing(tmp_path: Path) -> None:
    session(tmp_path, "a")
    tmp_path.chmod(0o777)
    assert compact(tmp_path, least=1) == 0
    tmp_path.chmod(0o700)
    assert answers(tmp_path) == {"a-0", "a-1"}


def test_reading_goes_on_where_others_tidy_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is listed, then its files are put together by another session, then they are read."""
    for i in range(3):
        session(tmp_path, str(i))
    names, tidied = journal.names, []

    def tidied_after(here: int) -> list[str]:
        found = names(here)
        if not tidied:
            tidied.append(True)
            monkeypatch.undo()
            compact(tmp_path, least=1)
        return found

    monkeypatch.setattr(journal, "names", tidied_after)
    assert len(answers(tmp_path)) == 6


PLACES = st.builds(
    lambda s, n, place, when, last: {
        "v": 1, "s": s, "n": n, "kind": "place", "lesson": "l", "variant": None,
        "place": place, "cursor": 0, "of": 2.0, "last": last, "time": when,
    },
    st.sampled_from("abc"), st.integers(1, 6), st.integers(0, 9), st.sampled_from([0.0, 1.0, 2.0]), st.booleans(),
)  # fmt: skip
ANSWERS = st.builds(
    lambda s, n, points: {
        "v": 1, "s": s, "n": n, "kind": "answer", "lesson": "l", "question": f"q{n}", "points": points
    },
    st.sampled_from("abc"), st.integers(7, 12), st.sampled_from([0.0, 0.5, 1.0]),
)  # fmt: skip


@given(st.lists(PLACES | ANSWERS, max_size=20), st.data())
def test_what_is_kept_says_the_same_in_any_order_also_when_put_together_in_parts(
    records: list[dict[str, Any]], data: st.DataObject
) -> None:
    once = list({(record["s"], record["n"]): record for record in records}.values())
    cut = data.draw(st.integers(0, len(once)))
    mixed = data.draw(st.permutations(once))
    parts = [*kept(kept(mixed[:cut]) + mixed[cut:]), *mixed[:cut]] if data.draw(st.booleans()) else kept(once)
    assert progress(parts) == progress(once)


LATER = b'["v2 a whole line of a later version that this one does not understand"]\n'
NOBODYS = encoded({"v": 2, "who": "s"})


@pytest.mark.parametrize(
    ("last", "went"),
    [(LATER, 2), (LATER[:-1], 3), (NOBODYS, 2), (NOBODYS[:-1], 2), (b"", 3)],
    ids=["whole", "torn", "a record of no session", "the same, its end torn off", "none"],
)
def test_only_a_torn_last_line_may_go_unread(tmp_path: Path, last: bytes, went: int) -> None:
    for i in range(3):
        session(tmp_path, str(i))
    name = min(files(tmp_path))
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + last)
    os.utime(tmp_path / name, (0, 0))
    assert compact(tmp_path, least=2) == went
    assert (name in files(tmp_path)) == (went == 2)
    assert len(answers(tmp_path)) == 6
