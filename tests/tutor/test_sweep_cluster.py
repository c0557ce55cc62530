"""The points of a sweep on a real cluster of two worker processes give the numbers of a single run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tutor.cli import main
from tutor.errors import ProblemsError
from tutor.sweep_cluster import read_hosts

LESSON = """
format = 1
id = "two-rates"
title = "Two rates"
[graph.main]
weights = { w = 1.5 }
nodes = ["L = (w - 0.25)^2"]
[run.a]
graph = "main"
lr = 0.1
epochs = 5
[[step]]
train = "a"
"""


def test_points_on_a_cluster_equal_points_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(LESSON)
    over = ["sweep", str(path), "--over", "run.a.lr=0.1,0.4", "--format", "json", "--fresh"]
    assert main([*over, "--jobs", "1"]) == 0
    here = json.loads(capsys.readouterr().out)
    assert main([*over, "--cluster", "local"]) == 0
    there = json.loads(capsys.readouterr().out)
    assert here == there
    assert [row["run.a.lr"] for row in here] == ["0.1", "0.4"]


def test_a_scheduler_that_is_not_there_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(LESSON)
    over = ["sweep", str(path), "--over", "run.a.lr=0.1,0.4", "--fresh", "--cluster", "nonsense://x"]
    assert main(over) == 2
    assert "no scheduler answers there" in capsys.readouterr().err


def test_hosts_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("# the lab\nlab-1\nuser@lab-2  # by the window\n\n")
    assert read_hosts(str(path)) == ["lab-1", "user@lab-2"]
    path.write_text("-oProxyCommand=sh\n")
    with pytest.raises(ProblemsError, match="is no host"):
        read_hosts(str(path))
    path.write_text("\n")
    with pytest.raises(ProblemsError, match="no host stands in this file"):
        read_hosts(str(path))
