"""The screen's figures through a real pseudo-terminal: python tests/bench/bench_screen.py [PART …]

machine   how busy it is
start     from the command to something readable, to a lesson that answers keys, bytes and full paints of the first
          screen; cold: the kernel is told to forget the pages of Python, of the libraries and of this program
catalogue the same of the catalogue, and from there to a lesson
memory    of the process that draws, what it imported, and its use of a core when nothing happens
keys      a highlight moved, a step of a walk, an edit that changes 20 values and more: time and bytes
training  the same keys while two networks train at full speed on the same core, and what the live plot sends
line      keys over slow lines with a live plot at 160×45, and what is stale after 20 s of silence

Times are from the key to the last byte of its answer, on the terminal's side of the line. ROUNDS (7) and KEYS (60)
say how often each is measured. In brackets: processor time of the program, which other work on the machine changes
less than it changes the time on the clock. The program's modules are compiled first, as an installation has them, also
where Python is told to write no bytecode. The first row says how busy the machine is: `python -c pass` takes 9 ms on
a calm one of 2020, and all times grow with it. Exit status 1 if a target was not met.
"""

import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.wire import Wire  # noqa: E402
from tests.terminal import environment  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "7"))
KEYS = int(os.environ.get("KEYS", "60"))
CORE = max(os.sched_getaffinity(0))
PACKAGES = ("engine", "tutor", "lessons")
FORBIDDEN = ("numpy", "numba", "pydantic", "typer", "ssl")
START = """
import atexit, os, sys

def note():
    names = (name for name, module in sys.modules.items() if module is not None)
    open(os.environ["MODULES"] + str(os.getpid()), "w").write(" ".join(names))

atexit.register(note)
from tutor.launch import main
main()
"""
CHAIN = "".join(f'  "n{k} = tanh(a*n{k - 1} + b)",\n' for k in range(1, 13))
LESSON = f"""format = 1
id = "bench"
title = "Twelve nodes in a row"

[graph.main]
given = {{ n0 = 0.5 }}
weights = {{ a = 0.9, b = 0.1 }}
nodes = [
{CHAIN}]

[[step]]
say = "Twelve nodes in a row."

[[step]]
walk = "forward"

[[step]]
walk = "backward"

[[step]]
explore = "main"

[[step]]
ask = "What is n1?"
number = "n1"
"""
TRAINING = """format = 1
id = "bench-training"
title = "Two moons"

[data.moons]
from = "moons"
n = 1000
noise = 0.2

[model.small]
layers = [
  { units = 16, activation = "tanh" },
  { units = 16, activation = "tanh" },
  { units = 1, activation = "sigmoid" },
]

[run.slow]
model = "small"
data = "moons"
loss = "bce"
lr = 0.01
batch = 10
epochs = 1000000

[run.fast]
like = "slow"
lr = 0.1

[[step]]
train = ["slow", "fast"]
"""


missed: list[str] = []


def row(what: str, found: str, target: str, met: bool) -> None:
    """One line of the table."""
    missed.extend([] if met else [what])
    print(f"{what:<58} {found:>24}  {target:<22} {'ok' if met else 'NOT MET'}", flush=True)


def best(what: str, seconds: list[float], target: float | None = None, spent: Sequence[float] = ()) -> None:
    """The shortest time, which is what the program takes; the median says how busy the machine was."""
    cpu = f" [{1e3 * min(spent):.0f}]" if spent else ""
    shown = f"{1e3 * min(seconds):.0f} / {millis(seconds)[0]:.0f} ms{cpu}"
    met = target is None or 1e3 * min(seconds) <= target
    row(f"{what}: best / median", shown, f"≤ {target} ms" if target else "", met)


def millis(seconds: list[float]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    return 1e3 * statistics.median(ordered), 1e3 * ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


@contextmanager
def opened(*arguments: str, **more) -> Iterator[Wire]:
    """The program on a terminal, with a fresh state folder."""
    with tempfile.TemporaryDirectory() as home:
        env = environment(XDG_STATE_HOME=home, MODULES=f"{home}/modules", PYTHONPATH=str(ROOT))
        with Wire([sys.executable, "-c", START, *arguments], env=env, **more) as wire:
            wire.home = Path(home)
            yield wire


def forget_pages() -> None:
    """The kernel gives back the cached pages of every file that a start could read."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {str(ROOT)}
    for folder in folders:
        for path in Path(folder).rglob("*"):
            if path.suffix in {".py", ".pyc", ".so", ".toml"} and path.is_file():
                fd = os.open(path, os.O_RDONLY)
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(fd)


# -- the parts


def machine() -> None:
    """How long Python itself takes to start and end."""
    took = []
    for _ in range(2 * ROUNDS):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        took.append(time.monotonic() - began)
    best("python -c pass, for comparison", took)


def start(lesson: str) -> None:
    for how, targets in (("warm", (30, 250)), ("cold", (50, 500))):
        first, live, spent, key = [], [], [], []
        for _ in range(ROUNDS):
            if how == "cold":
                forget_pages()
            with opened("run", lesson, core=CORE, drawn=False) as wire:
                first.append(wire.seconds_to(lambda: b"tutor" in wire.raw))
                live.append(wire.seconds_to(lambda: b"Twelve nodes in a row." in wire.raw and b"leave" in wire.raw))
                spent.append(wire.cpu_seconds())
                key.append(wire.answer("t")[0])
        best(f"{how}: something readable", first, targets[0])
        best(f"{how}: the lesson", live, targets[1], spent)
        best(f"{how}: the answer to a key pressed then", key)
    with opened("run", lesson, drawn=False) as wire:
        wire.seconds_to(lambda: b"Twelve nodes in a row." in wire.raw)
        wire.quiet(1.0)
    row("first screen at 80×24", f"{len(wire.raw)} bytes", "≤ 10240 bytes", len(wire.raw) <= 10240)


def catalogue() -> None:
    live, spent, opening = [], [], []
    for _ in range(ROUNDS):
        with opened(core=CORE) as wire:
            live.append(wire.seconds_to(lambda: "leave" in wire.text()))
            spent.append(wire.cpu_seconds())
            wire.quiet(1.0)
            opening.append(wire.answer("\r", lambda: "step 1 of" in wire.text())[0])
    best("the catalogue", live, 250, spent)
    best("from there to a lesson", opening, 100)


def memory(lesson: str) -> None:
    with opened("run", lesson, columns=80, rows=24) as wire:
        wire.seconds_to(lambda: "step 1 of" in wire.text())
        for key in "....":
            wire.type(key)
            wire.quiet()
        used, start = wire.cpu_seconds(), time.monotonic()
        wire.pump(20)
        idle = (wire.cpu_seconds() - used) / (time.monotonic() - start)
        before, pid = wire.memory(), wire.screen_process()
        wire.answer("0.501\r", lambda: "1/1 points" in wire.text())
        wire.quiet(1.0)
        after = wire.memory()
        wire.type("q")
        wire.wait_exit()
        modules = {name.split(".")[0] for name in Path(f"{wire.home}/modules{pid}").read_text().split()}
    for when, found in (("before", before), ("after", after)):
        shown = f"{found['Rss']:.1f} / {found['Pss']:.1f} MB"
        row(f"the process that draws, RSS / PSS, {when} an answer", shown, "≤ 45 MB", found["Rss"] <= 45)
    had = [name for name in FORBIDDEN if name in modules]
    row("  of " + ", ".join(FORBIDDEN) + " it imported", ", ".join(had) or "none", "none", not had)
    row("nothing happens for 20 s", f"{100 * idle:.2f} % of a core", "≤ 0.3 %", idle <= 0.003)


def timed(wire: Wire, what: str, keys: str, targets: tuple[float, float, int]) -> None:
    found = []
    spent = wire.cpu_seconds()
    for k in range(KEYS):
        found.append(wire.answer(keys[k % len(keys)]))
        wire.pump(0.03)
    spent = 1e3 * (wire.cpu_seconds() - spent) / KEYS
    p50, p95 = millis([seconds for seconds, _ in found])
    sizes = sorted(size for _, size in found)
    met = p50 <= targets[0] and p95 <= targets[1] and statistics.median(sizes) <= targets[2]
    times = f"{p50:.1f} / {p95:.1f} ms [{spent:.1f}]"
    row(f"{what}: p50 / p95", times, f"≤ {targets[0]:g} / {targets[1]:g} ms", p50 <= targets[0] and p95 <= targets[1])
    sent = f"{statistics.median(sizes):.0f} (most {sizes[-1]})"
    row(f"{what}: bytes", sent, f"≤ {targets[2]} bytes", met or statistics.median(sizes) <= targets[2])


def keys(lesson: str) -> None:
    with opened("run", lesson, core=CORE, drawn=False) as wire:
        wire.seconds_to(lambda: b"leave" in wire.raw)
        wire.quiet()
        wire.answer(".")
        wire.pump(2.5)
        timed(wire, "a step", "nnnnnnbbbbbb", (5, 12, 500))
        wire.answer(".")
        wire.answer("t")
        timed(wire, "a highlight move", "jjjjjkkkkk", (5, 12, 500))
        wire.answer(".")
        timed(wire, "an edit that changes 24 values", "+++---", (5, 12, 2048))


@contextmanager
def trained(lesson: str, **more) -> Iterator[Wire]:
    """Both runs at full speed."""
    with opened("run", lesson, **more) as wire:
        wire.seconds_to(lambda: "Space starts" in wire.text(), 120)
        wire.answer(" ", lambda: "unning" in wire.text())
        wire.type("ffffffffffff")
        wire.pump(4)
        yield wire


def chosen(wire: Wire) -> Callable[[], tuple[str, ...]]:
    """How the rows of the runs begin: the mark is at one of them."""
    return lambda: tuple(line[:4] for line in wire.screen.display[1:4])


def move_mark(wire: Wire, count: int) -> list[float]:
    """Seconds from v to the mark at another run; what that changes in the pictures comes later."""
    at = chosen(wire)
    found = []
    for _ in range(count):
        before = at()
        found.append(wire.answer("v", lambda before=before: at() != before)[0])
        wire.pump(0.15)
    return found


def training(lesson: str) -> None:
    with trained(lesson, core=CORE) as wire:
        size, began = len(wire.raw), time.monotonic()
        wire.pump(10)
        rate = (len(wire.raw) - size) / (time.monotonic() - began)
        p50, p95 = millis(move_mark(wire, KEYS))
    row("a highlight move while two networks train: p50 / p95", f"{p50:.1f} / {p95:.1f} ms", "p95 ≤ 20 ms", p95 <= 20)
    row("the live plot at 80×24", f"{rate / 1000:.1f} KB/s", "≤ 7 KB/s", rate <= 7000)


def line(lesson: str) -> None:
    for rate, delay, more in ((30_000, 0.05, 150), (8_000, 0.1, 450)):
        with trained(lesson, rate=rate, delay=delay, columns=160, rows=45) as wire:
            p50, p95 = millis(move_mark(wire, max(20, KEYS // 2)))
        target = 2e3 * delay + more
        what = f"{rate // 1000} KB/s and {2e3 * delay:.0f} ms, live plot at 160×45: p50 / p95"
        row(what, f"{p50:.0f} / {p95:.0f} ms", f"p95 ≤ {target:.0f} ms", p95 <= target)
    with trained(lesson, rate=30_000, delay=0.05, columns=160, rows=45) as wire:
        wire.silent = True
        wire.pump(20)
        wire.silent = False
        at = chosen(wire)
        before = at()
        seconds, size = wire.answer("v", lambda: at() != before)
    row(
        "the same line silent for 20 s: bytes before a key's answer",
        f"{size} ({1e3 * seconds:.0f} ms)",
        "≤ 5120 bytes",
        size <= 5120,
    )


def compile_program() -> None:
    """Bytecode beside the sources, as `.ci/setup` and pip leave it; compiling at each start costs 60 ms."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", *(str(ROOT / name) for name in PACKAGES)], check=True)


def main(parts: list[str]) -> int:
    compile_program()
    with tempfile.TemporaryDirectory() as folder:
        lessons = {"lesson": LESSON, "training": TRAINING}
        paths = {name: Path(folder, f"{name}.toml") for name in lessons}
        for name, path in paths.items():
            path.write_text(lessons[name])
        lesson, learning = str(paths["lesson"]), str(paths["training"])
        every: dict[str, Callable[[], None]] = {
            "machine": machine, "start": lambda: start(lesson), "catalogue": catalogue,
            "memory": lambda: memory(lesson), "keys": lambda: keys(lesson),
            "training": lambda: training(learning), "line": lambda: line(learning),
        }  # fmt: skip
        for part in parts or every:
            every[part]()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
