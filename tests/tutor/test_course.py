"""Courses outside the package: TUTOR_LESSONS, a path, an installed package, a zip; and zips that are refused."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.kernel_folder import FOLDER
from tests.bench.bombs import COURSES
from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import ROOT, run, tutor
from tutor import course as courses
from tutor import course_sources, course_zip
from tutor.errors import ProblemsError

PLAN = 'title = "Own course"\n[[unit]]\nid = "u"\ntitle = "Own unit"\nlessons = ["small-net", "one-unit"]\n'
CSV = lessons.NET.replace(
    'from = "moons"\nn = 60\nnoise = 0.1', 'from = "csv"\nfile = "points.csv"\ninputs = ["x", "y"]\ntarget = "t"'
)


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No course is chosen or remembered before and after; zips are unpacked below `tmp_path`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(course_sources.CHOSEN, "")
    monkeypatch.setenv(course_sources.MORE, "")
    courses.course.cache_clear()
    course_sources.installed.cache_clear()
    yield
    courses.course.cache_clear()
    course_sources.installed.cache_clear()


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A folder with two lessons, one of which reads data beside it."""
    folder = tmp_path / "own"
    for name, text in (("one", lessons.UNIT), ("two", CSV)):
        (folder / name).mkdir(parents=True)
        lessons.written(folder / name, text)
    (folder / "two" / "points.csv").write_text("x,y,t\n" + "".join(f"{i / 9},{i % 3},{i % 2}\n" for i in range(40)))
    (folder / "course.toml").write_text(PLAN)
    return folder


def zipped(folder: Path, inside: str = "") -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, inside + str(file.relative_to(folder)))
    return path


LISTED = [
    "Own unit",
    "  small-net                           15 min  A small net",
    "  one-unit                            15 min  One unit",
]


def test_a_path_on_the_command_line(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "list", str(course)).out.splitlines() == LISTED
    courses.course.cache_clear()
    os.environ[course_sources.CHOSEN] = ""
    assert run(capsys, "--course", str(course), "list").out.splitlines() == LISTED
    found = run(capsys, "--course", str(course), "run", "small-net", "--headless", "--format", "json").json
    assert len(found["runs"]["slow"]["history"]["train_loss"]) == 13
    assert courses.course().title == "Own course"


def test_a_folder_of_the_environment(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = str(course.parent / "nowhere")
    monkeypatch.setenv(course_sources.MORE, os.pathsep.join([nowhere, str(course)]))
    found = courses.course()
    assert found.entries["one-unit"].path == course / "one" / "lesson.toml"
    assert "seven-nodes" in found.entries and found.units[-1].title == "Own unit"
    _, problems = course_sources.sources()
    assert [str(problem) for problem in problems] == [f"{nowhere}: no such folder or zip"]


@pytest.mark.parametrize("inside", ["", "own/"], ids=["its files", "its folder"])
def test_a_zip(inside: str, course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(zipped(course, inside))
    assert run(capsys, "list", path).out.splitlines() == LISTED
    done = run(capsys, "--course", path, "run", "small-net", "--headless", "--format", "json")
    assert (done.status, len(done.json["runs"])) == (0, 2)
    assert run(capsys, "check", path, "--jobs", "1").out.count(": sound") == 2
    refused = run(capsys, "run", path, "--plain")
    assert refused.status == 2 and "whole course" in refused.err and "small-net" in refused.err


def test_a_zip_is_unpacked_once_and_for_this_user_alone(course: Path, tmp_path: Path) -> None:
    path = zipped(course)
    first = course_zip.unpacked(path)
    before = (first / "one" / "lesson.toml").stat().st_mtime_ns
    assert course_zip.unpacked(path) == first
    assert (first / "one" / "lesson.toml").stat().st_mtime_ns == before
    own = tmp_path / "cache" / FOLDER
    for place in (own, first, first / "one", first / "one" / "lesson.toml"):
        assert place.stat().st_mode & 0o077 == 0, place
    assert [entry.name for entry in own.iterdir()] == [first.name]


def test_only_the_last_courses_are_kept(course: Path, tmp_path: Path) -> None:
    for i in range(course_zip.KEPT + 3):
        (course / "note.txt").write_text(str(i))
        last = course_zip.unpacked(zipped(course))
    kept = list((tmp_path / "cache" / FOLDER).iterdir())
    assert len(kept) == course_zip.KEPT and last in kept


KILLED = """
import os, sys
from pathlib import Path
from tutor import course_zip
write = course_zip._write
def killed(*told):
    write(*told)
    os.kill(os.getpid(), 9)
course_zip._write = killed
course_zip.unpacked(Path(sys.argv[1]))
"""


def test_what_a_killed_unpacking_left_goes_after_a_day(course: Path, tmp_path: Path) -> None:
    path, own = zipped(course), tmp_path / "cache" / FOLDER
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, path], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
        )
        assert done.returncode == -9
    old, new = own.iterdir()
    os.utime(old, (0, 0))
    whole = course_zip.unpacked(path)
    assert set(own.iterdir()) == {new, whole}


def test_a_cache_that_others_can_write_is_not_used(course: Path, tmp_path: Path) -> None:
    own = tmp_path / "cache" / FOLDER
    own.mkdir(parents=True)
    own.chmod(0o777)
    folder = course_zip.unpacked(zipped(course))
    assert own not in folder.parents and (folder / "course.toml").is_file()


def test_one_lesson_in_a_zip_stands_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one").mkdir()
    lessons.written(tmp_path / "one", lessons.UNIT)
    found = run(capsys, "run", str(zipped(tmp_path / "one")), "--headless", "--format", "json").json
    assert found["lesson"]["id"] == "one-unit"


def test_an_installed_package(course: Path, tmp_path: Path) -> None:
    """Really found through its metadata, and never imported."""
    site = tmp_path / "site"
    (site / "own_course").mkdir(parents=True)
    (site / "own_course" / "__init__.py").write_text("raise RuntimeError('a course is data')\n")
    course.rename(site / "own_course" / "lessons")
    info = site / "own_course-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-course\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tutor.courses]\nown = own_course.lessons\nbroken = no_such_package\n")
    path = os.pathsep.join([str(Path(__file__).parents[2]), str(site)])
    done = tutor(tmp_path, "list", env={"PYTHONPATH": path})
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[-3:] == LISTED and "seven-nodes" in done.out
    done = tutor(tmp_path, "run", "one-unit", "--headless", env={"PYTHONPATH": path})
    assert (done.status, done.err) == (0, "")


def test_what_is_no_course_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.zip").write_text("no zip")
    for name, says in (("empty", "no lesson in it"), ("a.zip", "no sound zip"), ("nowhere", "no such folder or zip")):
        done = run(capsys, "--course", str(tmp_path / name), "list")
        assert done.status == 2 and done.out == "" and says in done.err, done.err


def test_a_plan_of_nonsense_costs_only_the_order(course: Path) -> None:
    for text in ("unit = 7", '[[unit]]\nlessons = "x"', "unit = [1, {lessons = [[1]]}]", "title = 3", "no toml", "\0"):
        (course / "course.toml").write_text(text)
        found = courses.chosen(str(course))
        assert {entry.id for unit in found.units for entry in unit.lessons} == {"one-unit", "small-net"}


def test_a_folder_that_leads_to_itself_or_is_deep_ends(course: Path) -> None:
    (course / "loop").symlink_to(course)
    deep = course.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    lessons.written(deep, lessons.UNIT.replace("one-unit", "deep-down"))
    (course / ".hidden").mkdir()
    lessons.written(course / ".hidden", lessons.UNIT.replace("one-unit", "hidden"))
    assert set(courses.chosen(str(course)).entries) == {"one-unit", "small-net"}


# -- hostile zips

LESSON = lessons.UNIT.encode()


def with_entries(path: Path, *entries: tuple[str, bytes, int]) -> Path:
    """A zip of names, contents and file modes, with a sound lesson in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one/lesson.toml", LESSON)
        for name, data, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return path


NASTY = {
    "up": ("../evil.toml", b"x", 0, "leads out"),
    "up inside": ("one/../../evil.toml", b"x", 0, "leads out"),
    "absolute": ("/tmp/evil.toml", b"x", 0, "leads out"),
    "backslash": ("..\\evil.toml", b"x", 0, "leads out"),
    "drive": ("C:evil.toml", b"x", 0, "leads out"),
    "escape": ("a\x1b]0;x\x07.toml", b"x", 0, "leads out"),
    "long": ("x" * 200, b"x", 0, "leads out"),
    "deep": ("a/" * 40 + "b", b"x", 0, "leads out"),
    "symlink": ("link.csv", b"/etc/passwd", stat.S_IFLNK | 0o777, "is a link"),
    "device": ("device", b"", stat.S_IFCHR | 0o666, "no plain file"),
    "pipe": ("pipe", b"", stat.S_IFIFO | 0o666, "no plain file"),
    "bomb": ("zeros.csv", b"0" * (20 << 20), 0, "200 times"),
    "twice": ("one/LESSON.toml", b"x", 0, "two files"),
    "file as folder": ("one", b"x", 0, "could not be unpacked"),
}


@pytest.mark.parametrize("nasty", NASTY)
def test_a_hostile_entry_is_refused_and_nothing_is_written(nasty: str, tmp_path: Path) -> None:
    name, data, mode, says = NASTY[nasty]
    path = with_entries(tmp_path / "c.zip", (name, data, mode))
    with pytest.raises(ProblemsError) as refused:
        course_zip.unpacked(path)
    message = str(refused.value)
    assert says in message and "\x1b" not in message
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


def test_too_many_entries_and_too_large_archives_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [(f"f{i}", b"", 0) for i in range(50)]
    monkeypatch.setattr(course_zip, "MAX_ENTRIES", 40)
    refused(with_entries(tmp_path / "a.zip", *many), "more than 40 files")
    monkeypatch.setattr(course_zip, "MAX_DIRECTORY", 1000)
    refused(with_entries(tmp_path / "b.zip", *many[:30]), "more than 40 files")
    monkeypatch.setattr(course_zip, "MAX_TOTAL", 5000)
    refused(with_entries(tmp_path / "c.zip", *[(f"g{i}", os.urandom(1000), 0) for i in range(6)]), "larger than")
    monkeypatch.setattr(course_zip, "MAX_ZIP", 5000)
    refused(with_entries(tmp_path / "d.zip", ("h", os.urandom(9000), 0)), "larger than")


@pytest.mark.parametrize("which", [which for which in COURSES if "directory" in which])
def test_a_directory_too_long_is_refused_before_it_is_read(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.zip"
    path.write_bytes(COURSES[which]())
    monkeypatch.setattr(course_zip, "MAX_ZIP", path.stat().st_size)  # for which there is room, whatever is read
    tracemalloc.start()
    try:
        refused(path, "more than 5000 files")
        assert tracemalloc.get_traced_memory()[1] < 4 * path.stat().st_size
    finally:
        tracemalloc.stop()


def refused(path: Path, says: str) -> None:
    with pytest.raises(ProblemsError, match=says):
        course_zip.unpacked(path)


def test_damaged_encrypted_and_lying_archives_are_refused(tmp_path: Path) -> None:
    sound = with_entries(tmp_path / "s.zip", ("points.csv", b"x,y\n" * 500, 0)).read_bytes()
    at = sound.rfind(b"PK\x01\x02")
    size = struct.unpack_from("<I", sound, at + 24)[0]
    broken = {
        "cut": sound[: len(sound) // 2],
        "bits": sound.replace(LESSON[:0] + sound[60:64], b"\xff\xff\xff\xff", 1),
        "encrypted": sound[: at + 8] + b"\x01\x00" + sound[at + 10 :],
        "smaller than it says": sound[: at + 24] + struct.pack("<I", size + 7) + sound[at + 28 :],
        "larger than it says": sound[: at + 24] + struct.pack("<I", size - 7) + sound[at + 28 :],
        "method": sound[: at + 10] + b"\x63\x00" + sound[at + 12 :],
        "empty": b"",
    }
    for name, data in broken.items():
        path = tmp_path / "b.zip"
        path.write_bytes(data)
        with pytest.raises(ProblemsError) as error:
            course_zip.unpacked(path)
        assert str(error.value).startswith(f"{path}: "), name
        assert not list((tmp_path / "cache").rglob("lesson.toml")), name


def test_a_folder_without_a_lesson_is_told_and_hides_no_lesson_of_the_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relu-sigmoid").mkdir()  # somebody's folder of submissions, say
    (tmp_path / "empty").mkdir()
    assert courses.find("relu-sigmoid").name == "lesson.toml"
    for name in ("empty", f"{tmp_path}/empty", "."):
        with pytest.raises(ProblemsError, match=r"there is no lesson\.toml in this folder"):
            courses.find(name)
    with pytest.raises(ProblemsError, match="no such lesson file or id"):
        courses.find("")
