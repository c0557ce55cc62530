"""Every lesson of the authors' guide is sound, and runs."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from pathlib import Path

import pytest

from tutor.cli import main
from tutor.course import course
from tutor.lesson_picture import PICTURE_KINDS
from tutor.questions.kinds import KINDS

GUIDE = (Path(__file__).parents[2] / "lessons" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: re.search(r'id = "(.*?)"', text)[1])
def test_example_is_sound_and_runs(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path)]) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert main(["run", str(path), "--headless", "--format", "json", "--variant", "a"]) == 0
    assert json.loads(capsys.readouterr().out)["graphs"]["main"]["total"]["value"] > 0


def test_the_guide_shows_every_kind_of_question() -> None:
    assert {kind for kind in KINDS if not re.search(rf"^{kind} = ", "\n".join(EXAMPLES), re.MULTILINE)} == set()


def test_the_guide_names_every_kind_of_picture() -> None:
    assert {kind for kind in PICTURE_KINDS if f"| `{kind}` |" not in GUIDE} == set()


def test_the_guides_course_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its course.toml, with the lessons of the guide, in a folder and as a zip."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TUTOR_COURSE", "")
    plan = re.search(r"(?m)^    title = \"My course\"\n(?:(?:    .*)?\n)+", GUIDE)
    assert plan is not None
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "course.toml").write_text(textwrap.dedent(plan[0]), encoding="utf-8")
    for text in EXAMPLES:
        here = folder / re.search(r'id = "(.*?)"', text)[1]
        here.mkdir()
        (here / "lesson.toml").write_text(text, encoding="utf-8")
    packed = shutil.make_archive(str(tmp_path / "course"), "zip", folder)
    for path in (str(folder), packed):
        assert main(["list", path]) == 0
        assert capsys.readouterr().out.startswith("Warming up\n  smallest ")
    course.cache_clear()
