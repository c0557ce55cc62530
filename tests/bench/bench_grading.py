"""python tests/bench/bench_grading.py [SUBMISSIONS]   how long a class takes, and whether memory grows with it.

First 300 submissions to ten formula questions, half of them wrong in ways that are diagnosed; then (10,000 by default)
many, with the memory of all processes sampled while rows come. Prints figures; asserts nothing.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CLASS = 300
MANY = 10_000
INTERVAL = 0.25
NODES = ["a = w*x + b", "h = sigmoid(a)", "c = v*h + d", "p = sigmoid(c)", "L = (p - y)^2"]
RIGHT = {
    "dL/dp": "2(p - y)",
    "dL/dc": "2(p - y) p (1 - p)",
    "dL/dv": "2(p - y) p (1 - p) h",
    "dL/dd": "2(p - y) p (1 - p)",
    "dL/dh": "2(p - y) p (1 - p) v",
    "dL/da": "2(p - y) p (1 - p) v h (1 - h)",
    "dL/dw": "2(p - y) p (1 - p) v h (1 - h) x",
    "dL/db": "2(p - y) p (1 - p) v h (1 - h)",
    "dL/dx": "2(p - y) p (1 - p) v h (1 - h) w",
    "dp/dw": "p (1 - p) v h (1 - h) x",
}


def lesson() -> str:
    """Ten formula questions about a chain of two units, with own numbers."""
    nodes = ", ".join(f'"{node}"' for node in NODES)
    steps = "".join(f'[[step]]\nid = "q{i}"\nask = "{q}?"\nformula = "{q}"\n' for i, q in enumerate(RIGHT))
    return (
        'format = 1\nid = "bench"\ntitle = "Bench"\n[graph.main]\ngiven = { x = 1.5, y = 0.3 }\n'
        f"weights = {{ w = 0.8, b = -0.3, v = 1.4, d = 0.2 }}\nnodes = [{nodes}]\n"
        f"[vary]\nw = {{ choose = [0.6, 0.8, 1.2, 1.7] }}\nx = {{ choose = [1.5, 2.5, 3.5] }}\n{steps}"
    )


def written(folder: Path, count: int) -> None:
    """A class: each answer right, with a lost factor, a sign, a wrong constant, or nonsense of its own."""
    chance = random.Random(7)
    folder.mkdir()
    for i in range(count):
        lines = [f'lesson = "bench"\nstudent = "student {i}"\n[answers]\n']
        for k, right in enumerate(RIGHT.values()):
            factors = right.split(" ")
            wrong = [
                right,
                right,
                right,
                " ".join(factors[:-1]) or "1",
                f"-{right}",
                f"{chance.choice((3, 4, 5))} {right}",
                f"{right} + {chance.randrange(2, 9)}",
            ]
            lines.append(f'q{k} = "{chance.choice(wrong)}"\n')
        (folder / f"s{i:05d}.toml").write_text("".join(lines))


def resident(pid: int) -> dict[int, int]:
    """Private memory of a process and its children, in KiB, by process."""
    found = {}
    for here in [pid, *children(pid)]:
        try:
            text = Path(f"/proc/{here}/smaps_rollup").read_text()
        except OSError:
            continue
        found[here] = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_"))
    return found


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def graded(home: Path, folder: str) -> tuple[float, list[int]]:
    """Seconds, and the memory of all processes together every quarter of a second (KiB)."""
    program = [sys.executable, "-c", "from tutor.launch import main; main()"]
    command = [*program, "grade", "lesson.toml", folder, "--format", "csv", "--jobs", "2"]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    started = time.perf_counter()
    with (home / "out.csv").open("wb") as out:
        child = subprocess.Popen(command, cwd=home, stdout=out, env=environment)
    samples: list[int] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(INTERVAL):
            samples.append(sum(resident(child.pid).values()))

    watcher = threading.Thread(target=sample)
    watcher.start()
    child.wait()
    over.set()
    watcher.join()
    return time.perf_counter() - started, samples


def main(many: int) -> None:
    """Both measurements."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "lesson.toml").write_text(lesson())
        written(home / "class", CLASS)
        best = min(graded(home, "class")[0] for _ in range(3))
        print(f"{CLASS} submissions of {len(RIGHT)} formulas: {best:.1f} s (best of 3, two processes)")
        if not many:
            return
        written(home / "many", many)
        seconds, samples = graded(home, "many")
        quarter = max(1, len(samples) // 4)
        early, late = (max(part, default=0) / 1024 for part in (samples[:quarter], samples[-quarter:]))
        rows = (home / "out.csv").read_bytes().count(b"\n") - 1
        print(f"{many} submissions: {rows} rows in {seconds:.0f} s; private memory of all processes:")
        print(f"  at most {early:.0f} MiB in the first quarter of the time, {late:.0f} MiB in the last")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
