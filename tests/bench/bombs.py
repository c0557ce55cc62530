"""Files that are small and ask for much, and files that are none: each is refused with a message, soon.

    python -m tests.bench.bombs     what each said, its milliseconds and its megabytes; exit status 1 if one got through

With `--bounded` in an address space of 1 GB, as tests/tutor/test_bombs.py does. With `--within-limits` also a refusal
that takes more than 50 ms of the processor or 64 MB counts as none; the quickest of three, as the machine may be busy.
"""

from __future__ import annotations

import io
import os
import resource
import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

HEAD = 'format = 1\nid = "bomb"\ntitle = "t"\nsummary = "s"\n'
STEP = '[[step]]\nsay = "x"\n'
SEEDS = Path(__file__).parents[1] / "data" / "fuzz"
RUN = (SEEDS / "run.toml").read_text("utf-8")
GRAPH = (SEEDS / "graph.toml").read_text("utf-8")
MEGABYTES, MILLISECONDS = 64, 50
K = 1000


def changed(text: str, old: str, new: str) -> bytes:
    assert old in text, old
    return text.replace(old, new).encode()


LESSONS: dict[str, bytes | str] = {
    "dotted key of 10,000 parts": HEAD + ".".join("a" * 4000) + " = 1\n",
    "header of 4,000 parts": "[" + ".".join("a" * 4000) + "]\n",
    "spaced dotted key": HEAD + " . ".join("a" * 2000) + " = 1\n",
    "dotted keys over and over": HEAD + (".".join("a" * 8) + ".b = 1\n") * 8000,
    "nested lists": HEAD + "a = " + "[" * 4000 + "]" * 4000,
    "nested lists on lines": HEAD + "a = " + "[\n" * 9000 + "]\n" * 9000,
    "nested tables": HEAD + "a = " + "{a=" * 2000 + "1" + "}" * 2000,
    "200,000 keys": HEAD + "".join(f"k{i}=1\n" for i in range(20_000)),
    "200,000 tables": HEAD + "".join(f"[t{i}]\n" for i in range(20_000)),
    "200,000 values": HEAD + "a = [" + ",\n".join("1" * 1 for _ in range(60_000)) + "]",
    "a long line": HEAD + "a = '" + "x" * 200_000 + "'",
    "50 MB": b"#" * 50_000_000,
    "300 kB of newlines": HEAD + "\n" * 300_000,
    "whole number of 5,000 digits": HEAD + "minutes = " + "9" * 5000,
    "whole number of 300 digits": changed(RUN, "epochs = 20", "epochs = " + "9" * 300),
    "hexadecimal number of 200,000 digits": HEAD + "minutes = 0x" + "f" * 8000,
    "hexadecimal number of 300 digits": changed(RUN, "seed = 1", "seed = 0x" + "f" * 300),
    "minus a huge number": changed(RUN, "seed = 1", "seed = -" + "9" * 300),
    "10^308 epochs": changed(RUN, "epochs = 20", "epochs = 1e308"),
    "10^9 epochs": changed(RUN, "epochs = 20", "epochs = 1000000000"),
    "infinite learning rate": changed(RUN, "lr = 0.1", "lr = inf"),
    "learning rate 10^400": changed(RUN, "lr = 0.1", "lr = 1e400"),
    "no learning rate": changed(RUN, "lr = 0.1", "lr = nan"),
    "10^9 units": changed(RUN, "units = 3", "units = 1000000000"),
    "-1 units": changed(RUN, "units = 3", "units = -1"),
    "true units": changed(RUN, "units = 3", "units = true"),
    "10^9 rows": changed(RUN, "n = 20", "n = 1000000000"),
    "batches of -1": changed(RUN, "batch = 4", "batch = -1"),
    "10^12 choices": changed(GRAPH, "step = 0.5", "step = 1e-12"),
    "6,000 steps": HEAD + STEP * 6000,
    "a date": HEAD.replace('"t"', "1979-05-27") + STEP,
    "formula of 100,000 brackets": changed(GRAPH, "w*x + b", "(" * 400 + "w" + ")" * 400),
    "formula of minus signs": changed(GRAPH, "w*x + b", "-" * 2000 + "w"),
    "tower of powers": changed(GRAPH, "w*x + b", "w^" * 240 + "w"),
    "formula of 8,000 characters": changed(GRAPH, "w*x + b", "w+" * 3900 + "w"),
    "number of 480 digits in a formula": changed(GRAPH, "w*x + b", "w*" + "9" * 480),
    "derivative of derivatives": changed(GRAPH, '"dL/dw"', '"' + "d(" * 200 + "L" + ")/dw" * 200 + '"'),
    "UTF-16": (HEAD + STEP).encode("utf-16"),
    "two byte order marks": b"\xef\xbb\xbf" * 2 + (HEAD + STEP).encode(),
    "invalid UTF-8": HEAD.encode() + b'x = "\xff\xfe"\n',
    "overlong UTF-8": HEAD.encode() + b'x = "\xc0\xaf"\n',
    "a surrogate": HEAD.encode() + b'x = "\xed\xa0\x80"\n',
    "an escaped surrogate": HEAD + 'x = "\\ud800"\n',
    "null bytes": b"\0" * 100_000,
    "a program": b"\x7fELF" + bytes(range(256)) * 100,
    "nothing": b"",
}


def npz(member: bytes, name: str = "weights.w.npy", method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, member)
    return out.getvalue()


def npy(descr: str, shape: str, data: bytes = b"\0" * 80) -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


CHECKPOINTS: dict[str, Callable[[], bytes]] = {
    "npz 1:1000": lambda: npz(b"\0" * 100_000_000, method=zipfile.ZIP_DEFLATED),
    "npy of 10^12 numbers": lambda: npz(npy("<f8", "(1000000000000,)")),
    "npy of 2^62 numbers": lambda: npz(npy("<f8", "(4611686018427387904,)")),
    "npy of 10^6 × 10^6 × 10^6": lambda: npz(npy("<f8", "(1000000, 1000000, 1000000)")),
    "npy of -1 numbers": lambda: npz(npy("<f8", "(-1,)")),
    "npy of objects": lambda: npz(npy("|O", "(1,)", b"cos\nsystem\n(S'true'\ntR.")),
    "npy of 2 GB strings": lambda: npz(npy("|V2000000000", "(4,)")),
    "npy that lies about its header": lambda: npz(b"\x93NUMPY\x01\x00\xff\xff{}"),
    "npy with code for a header": lambda: npz(npy("<f8", "__import__('os').abort()")),
    "a member that leaves its folder": lambda: npz(npy("<f8", "(10,)"), "../../x.npy"),
    "a zip of 5,000 members": lambda: many_members(),
    "a zip cut short": lambda: npz(npy("<f8", "(10,)"))[:-30],
    "a pickle": lambda: b"\x80\x04cos\nsystem\n(S'true'\ntR.",
}


def many_members() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for i in range(5000):
            archive.writestr(f"weights.w{i}.npy", b"")
    return out.getvalue()


def directory(entries: int, disguise: bytes = bytes(4), comment: bytes = b"") -> bytes:
    """A zip that is all directory; `disguise` stands in those fields of its end record that nothing reads."""
    entry = b"PK\1\2" + struct.pack("<BBHHHHHIIIHHHHHII", 20, 3, 20, *(0,) * 7, 1, *(0,) * 6) + b"a"
    first = b"PK\3\4" + bytes(26)
    end = struct.pack("<HHIIH", 0, 0, entries * len(entry), 0 if any(disguise) else len(first), len(comment))
    return first + entry * entries + b"PK\5\6" + disguise + end + comment


COURSES: dict[str, Callable[[], bytes]] = {
    "a directory of 100,000 entries": lambda: directory(100_000),
    "a long directory behind a comment": lambda: directory(100_000, comment=b"a course"),
    "a long directory, and a second end record in the first": lambda: directory(100_000, b"PK\5\6"),
    "a zip 1:1000": lambda: npz(b"\0" * 60_000_000, "one/lesson.toml", zipfile.ZIP_DEFLATED),
}

ANSWERS = {
    "10^6 brackets": "(" * 10**6,
    "900 brackets, closed again": "(" * 900 + "w" + ")" * 900,
    "a tower of 900 powers": "w^" * 900 + "w",
    "10^6 minus signs": "-" * 10**6 + "w",
    "10^6 digits": "9" * 10**6,
    "10^6 letters": "w" * 10**6,
    "10^6 words": "w " * 10**6,
    "10^6 other letters": "".join(chr(0x4E00 + i % 20_000) for i in range(10**6)),
    "powers of powers": "9**9**9**9",
    "200,000 sums": "w+" * 200_000 + "w",
    "20,000 products": "w " * 20_000,
    "660 functions": "sqrt(" * 330 + "w" + ")" * 330,
    "a list of 10^6 numbers": "[" + "1," * 10**6 + "1]",
    "lists in lists": "[" * 990 + "1" + "]" * 990,
    "escape sequences": "\x1b]52;c;eA==\x07" * 10**5,
}

FILES: dict[str, Callable[[Path], object]] = {
    "a FIFO": os.mkfifo,
    "a folder": os.mkdir,
    "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "/dev/stdin": lambda path: path.symlink_to("/dev/stdin"),
    "a terminal": lambda path: path.symlink_to("/dev/tty"),
    "/proc/self/environ": lambda path: path.symlink_to("/proc/self/environ"),
    "/proc/self/mem": lambda path: path.symlink_to("/proc/self/mem"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "1 TiB of nothing": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
    "nothing": lambda path: None,
}


def lesson_says(data: bytes | str) -> str:
    from tutor.lesson_file import read_data
    from tutor.opening import graph_problems

    reading = read_data(data.encode() if isinstance(data, str) else data, "lesson.toml")
    problems = list(reading.problems)
    if reading.loaded is not None:
        problems += graph_problems(reading.loaded)
    return str(problems[0]) if problems else ""


def checkpoint_says(data: bytes) -> str:
    from engine.checkpoint import read_checkpoint
    from engine.errors import CheckpointError

    try:
        read_checkpoint(data, "run.npz")
    except CheckpointError as error:
        return error.message
    return ""


def course_says(data: bytes) -> str:
    """In a process whose cache is a folder of its own."""
    from tutor.course_zip import unpacked
    from tutor.errors import ProblemsError

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "course.zip")
        path.write_bytes(data)
        try:
            unpacked(path)
        except ProblemsError as error:
            return str(error).removeprefix(folder)
    return ""


def answer_says(text: str) -> str:
    """What is said of it as the formula that is asked for."""
    from tests.bench.fuzz_files import questions

    session, steps = questions()
    step = next(step for step in steps if step.formula)
    mark = session.answer(text, step).attempts[session.question_id(step)][-1].mark
    return mark.messages[0] if mark.verdict != "right" and mark.messages else ""


def file_says(make: Callable[[Path], object]) -> str:
    from tutor.lesson_file import problems

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lesson.toml")
        make(path)
        return str(next(iter(problems(path)), ""))


BOMBS: dict[str, Callable[[], Callable[[], str]]] = {
    **{f"lesson: {name}": lambda data=data: lambda: lesson_says(data) for name, data in LESSONS.items()},
    **{
        f"checkpoint: {n}": lambda make=m: (lambda data: lambda: checkpoint_says(data))(make())
        for n, m in CHECKPOINTS.items()
    },
    **{f"course: {n}": lambda make=m: (lambda data: lambda: course_says(data))(make()) for n, m in COURSES.items()},
    **{f"answer: {name}": lambda text=text: lambda: answer_says(text) for name, text in ANSWERS.items()},
    **{f"file: {name}": lambda make=make: lambda: file_says(make) for name, make in FILES.items()},
}
"""Name → makes the bomb, and gives the function that meets it and returns what was said."""


def met(meet: Callable[[], str]) -> tuple[str, float, float]:
    """What was said, the processor's milliseconds for it, and the megabytes that the process grew by."""
    before, spent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for _ in range(3):
        started = time.process_time()
        said = meet()
        spent.append((time.process_time() - started) * 1e3)
    return said, min(spent), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main(*, within_limits: bool) -> int:
    """Meets every bomb."""
    wrong = over = 0
    lesson_says(GRAPH)
    checkpoint_says(b"")
    course_says(b"")
    answer_says("w")
    for name, make in BOMBS.items():
        said, spent, more = met(make())
        good = bool(said) and said.isprintable() and len(said) <= 400 and "Traceback" not in said
        wrong += not good
        slow = " SLOW" * (spent > MILLISECONDS) + " LARGE" * (more > MEGABYTES)
        over += bool(slow)
        print(f"{'ok ' if good else 'BAD'} {spent:7.1f} ms {more:6.1f} MB  {name}: {said[:120]!a}{slow}", flush=True)
    print(f"{len(BOMBS)} bombs, {over} over {MILLISECONDS} ms or {MEGABYTES} MB, {wrong} not refused")
    return 1 if wrong or (over and within_limits) else 0


if __name__ == "__main__":
    if "--bounded" in sys.argv:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    with tempfile.TemporaryDirectory() as cache:  # what is refused leaves nothing in the user's
        os.environ["XDG_CACHE_HOME"] = cache
        sys.exit(main(within_limits="--within-limits" in sys.argv))
