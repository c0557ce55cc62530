"""The README's pictures show the screens of today; `python .pictures/make.py` draws them anew."""

import importlib.util
from pathlib import Path

import pytest

PICTURES = Path(__file__).parents[1] / ".pictures"
spec = importlib.util.spec_from_file_location("pictures_of_the_readme", PICTURES / "make.py")
assert spec and spec.loader
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)


@pytest.mark.parametrize("name", make.PICTURES)
async def test_a_picture_says_what_the_screen_says(name: str) -> None:
    kept = (PICTURES / f"{name}.svg").read_text("utf-8")
    assert make.words(kept) == make.words(await make.drawn(name))


def test_nothing_is_fetched_by_a_picture() -> None:
    for name in make.PICTURES:
        kept = (PICTURES / f"{name}.svg").read_text("utf-8")
        assert kept.count("http") == kept.count('xmlns="http://www.w3.org/2000/svg"')
