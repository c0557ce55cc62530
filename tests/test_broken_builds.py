"""The broken builds that `tests/bench/break_promises.py` makes: none is out of date, and no promise is without some.

That each of them is seen to fail takes minutes; this only says that each can be tried.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

from tests.bench.break_promises import PROGRAM, ROOT, Build, builds

README = (ROOT / "README.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \|.*\|$", README.split("\n## Trust\n")[1].split("\n## ")[0], re.MULTILINE)
PROMISES = {promise: shown for promise, shown in ROWS if promise not in ("promise", "---")}
FEWEST = 2


def file_of(test: str) -> str:
    """The file that holds a test."""
    if test.startswith(PROGRAM):
        return test.removeprefix(PROGRAM).split()[0].replace(".", "/") + ".py"
    return test.split("::")[0]


@pytest.mark.parametrize("build", builds(), ids=lambda build: build.name)
def test_the_rule_is_still_there_to_be_taken_out(build: Build) -> None:
    sound = (ROOT / build.file).read_text("utf-8")
    assert ast.dump(ast.parse(build.broken(sound))) != ast.dump(ast.parse(sound))


def test_what_must_see_it_is_still_there() -> None:
    tests = sorted({build.test for build in builds()})
    for test in tests:
        assert (ROOT / file_of(test)).is_file(), test
    nodes = [test for test in tests if not test.startswith(PROGRAM)]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *nodes]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_every_promise_of_the_readme_is_broken_and_no_other() -> None:
    broken = [build.promise for build in builds()]
    assert list(dict.fromkeys(broken)) == list(PROMISES)
    assert {promise: broken.count(promise) for promise in PROMISES if broken.count(promise) < FEWEST} == {}


@pytest.mark.parametrize("promise", PROMISES)
def test_whatever_is_named_beside_a_promise_is_seen_to_fail(promise: str) -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", PROMISES[promise]))
    assert named
    assert named <= {file_of(build.test) for build in builds() if build.promise == promise}


def test_the_readme_counts_them() -> None:
    assert f"{len(builds())} broken builds" in " ".join(README.split())


def test_a_text_that_is_gone_or_stands_twice_is_told() -> None:
    build = Build("p", "n", "f.py", "a", "b", "t")
    assert build.broken("xa") == "xb"
    for text in ("x", "aa"):
        with pytest.raises(ValueError, match=r"f.py holds the text of 'n' \d times"):
            build.broken(text)
