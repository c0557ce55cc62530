"""`tutor check course.zip` names the files as they stand in the zip, not where they were unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run

BROKEN = lessons.UNIT.replace('number = "dL/da"', 'number = "dL/dq"')
WEAK = lessons.UNIT.replace(', because = "h is below y and moves up."', "")


@pytest.mark.parametrize("inside", ["", "week-3/"], ids=["lessons zipped", "their folder zipped"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_zip_is_called_by_its_name(
    inside: str, jobs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("course.zip", "w") as archive:
        for name, text in (("a", BROKEN), ("b", WEAK), ("c", lessons.UNIT)):
            archive.writestr(f"{inside}{name}/lesson.toml", text.replace("one-unit", name))
    done = run(capsys, "check", "course.zip", "--jobs", jobs)
    assert done.status == 2
    files = [f"course.zip/{name}/lesson.toml" for name in "abc"]
    assert done.out == f"{files[0]}: 1 error, 0 warnings\n{files[1]}: 0 errors, 1 warning\n{files[2]}: sound\n"
    assert [line.split(":")[0] for line in done.err.splitlines()] == files[:2]
    assert "cache" not in done.out + done.err
