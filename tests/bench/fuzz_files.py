"""Mutated files and answers: whatever is in them, there are clear messages, soon, and nothing else.

    python -m tests.bench.fuzz_files lessons --cases 2000000 --jobs 2
    python -m tests.bench.fuzz_files answers --cases 100000
    python -m tests.bench.fuzz_files journals --cases 100000
    python -m tests.bench.fuzz_files checkpoints --cases 100000

Each case is made of a seed and its number, so that `--first N --cases 1` is that case again. Prints cases a second, the
share accepted, the slowest case and the memory above the start; exit status 1 if anything but a message came out.
"""

from __future__ import annotations

import argparse
import io
import itertools
import multiprocessing
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[1] / "data" / "fuzz"
MOST_LINE = 300
TOKENS = (
    b"[ | ] | { | } | = | , | . | \" | ' | \"\"\" | ''' | \\ | # | \n | \r | [[ | ]] | 1e308 | -1 | nan | "
    b"-inf | true | 0xffffffffffffffffffffffffffffffffffffffffffffffffff | 0.1e-400 | 1979-05-27 | 1_0 | "
    b'9007199254740993 | -0.0 | \xff | \x00 | \xef\xbb\xbf | \xe2\x80 | "\\u001b]52;c;x\\u0007" | '
    b'"\\ud800" | \xe2\x80\xae | \xe2\x88\x82L/\xe2\x88\x82w | ../../etc/passwd | /dev/zero | '
    b"layers = [{ units = 1000000000 }] | epochs = 99999999999999 | nodes = [] | like = 'slow' | "
    b"like = 'fast' | x = 1.0 | w*w*w^w | exp(exp(exp(9))) | (((( | sum( | log(0) | [graph.main] | "
    b"[[step]] | [run.slow] | L = L | a = L*2 | d(d(L)/dw)/dw | walk = 1 | formula = 'dL/dq' | "
    b"number = [1, 2] | choose = []"
).split(b" | ")
TOKENS += [b"0x" + b"f" * 50, b"9" * 500, b"a." * 40, b"[" * 70, b"{a=" * 40]
ANSWER_TOKENS = (
    "()[]{}^_*/+-=,.;:'\"\\$ | \n\t | dL/dw | \u2202L/\u2202w | \u03c3(a) | \\frac{1}{2} | \\sigma | "
    "1e308 | -inf | nan | 0/0 | 1/0 | ^^ | wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww | "
    "exp(exp(9)) | (((((( | )))) | sum_i | x_1 | h' | \u0177 | \xb2 | \xb7 | \u2212 | \u2211 | \x1b[31m | "
    "\u202e | \ud800 | \x00 | 2 | w | x | y | (h-y) | h(1-h) |  x  | * 2 | = 3 | 0.25 | It shrinks | A, B | "
    "L, h, a | 1, 2 | [1,2]"
).split(" | ")
ANSWER_TOKENS += ["9" * 400, "w" * 50, " ", *"()[]{}^_*/+-=,.;:'\"\\$"]


def mutated(random_: random.Random, data: bytes, tokens: list[bytes]) -> bytes:
    """One to six changes: a token put in or over something, bytes lost, flipped, doubled, or torn off at the end."""
    out = bytearray(data)
    for _ in range(random_.randrange(1, 7)):
        at = random_.randrange(len(out) + 1)
        to = min(len(out), at + random_.randrange(1, 20))
        kind = random_.randrange(12)
        if kind < 4:
            out[at:at] = random_.choice(tokens)
        elif kind < 6:
            out[at:to] = random_.choice(tokens)
        elif kind < 8:
            del out[at:to]
        elif kind < 10 and out:
            out[at % len(out)] = random_.randrange(256)
        elif kind == 10:
            start = random_.randrange(len(out) + 1)
            out[at:at] = out[start : start + 200]
        elif random_.random() < 0.2:
            del out[at:]
    return bytes(out)


# -- what is tried: a case from random numbers, and what it must not do


@cache
def blocks() -> tuple[bytes, ...]:
    """Tables and steps of the seeds, to be put together anew."""
    found: list[bytes] = []
    for path in sorted(SEEDS.glob("*.toml")):
        found += re.split(rb"\n(?=\[)", path.read_bytes())
    return tuple(found)


def lesson(random_: random.Random) -> tuple[bool, list[str]]:
    """A lesson file of some blocks, read and looked through as `tutor check` begins."""
    from tutor.lesson_file import read_data
    from tutor.opening import graph_problems

    heads = [block for block in blocks() if block.startswith(b"format")]
    others = [block for block in blocks() if not block.startswith(b"format")]
    chosen = [random_.choice(heads), others[0], *random_.sample(others[1:], random_.randrange(1, 4))]
    reading = read_data(mutated(random_, b"\n".join(chosen), TOKENS), "lesson.toml")
    problems = list(reading.problems)
    if reading.loaded is not None:
        problems += graph_problems(reading.loaded)
    return not problems, [str(problem) for problem in problems]


@cache
def questions() -> tuple[Any, list[Any]]:
    from tutor.lesson_file import load
    from tutor.opening import open_loaded
    from tutor.request import Request

    session = open_loaded(load(SEEDS / "graph.toml"), Request("fuzz"))
    return session, [step for step, _ in session.questions()]


def answer(random_: random.Random) -> tuple[bool, list[str]]:
    """An answer to a question: marked, with something to say."""
    session, steps = questions()
    text = "".join(random_.choice(ANSWER_TOKENS) for _ in range(random_.choice((1, 1, 2, 3, 5, 8, 12))))
    step = random_.choice(steps)
    told = session.answer(text, step).attempts[session.question_id(step)][-1].mark
    from tutor.draw.lesson_text import mark_lines

    return told.verdict == "right", list(mark_lines(told))


def answers_file(random_: random.Random) -> tuple[bool, list[str]]:
    """An answers file that was handed in."""
    from tutor.answers_file import answers_of
    from tutor.errors import ProblemsError
    from tutor.files import decode
    from tutor.toml_limits import parse

    data = b'lesson = "l"\nstudent = "s"\n[answers]\na = "0.1"\nb = ["x", "y"]\nc = 3\n'
    try:
        answers_of(parse(decode(mutated(random_, data, TOKENS), "a.toml"), "a.toml"), "a.toml")
    except ProblemsError as error:
        return False, [str(problem) for problem in error.problems]
    return True, []


@cache
def _journal() -> bytes:
    return b"".join(path.read_bytes() for path in sorted((SEEDS.parent / "journals").glob("*.jsonl")))


def journal(random_: random.Random) -> tuple[bool, list[str]]:
    """A damaged journal, and one whose records were changed by somebody who can compute checksums."""
    from tutor.compaction import kept
    from tutor.journal import decoded, encoded, merged
    from tutor.progress import progress

    whole = list(decoded(_journal()))
    records = merged([mutated(random_, _journal(), TOKENS)])
    assert all(record in whole for record in records), "a changed record was taken for a sound one"
    odd = [dict(record) for record in random_.sample(whole, 3)]
    for record in odd:
        name = random_.choice([*record, "new"])
        record[name] = random_.choice([None, 1, -1, 1e400, "x", [], {}, [[]], 10**400, True, "\x1b[31m"])
    found = merged([b"".join(map(encoded, odd)), _journal()])
    progress(kept(found))
    return bool(records), []


def checkpoint(random_: random.Random) -> tuple[bool, list[str]]:
    """A damaged checkpoint, or one whose numbers were changed by somebody who can compute checksums."""
    from engine.checkpoint import checkpoint_bytes
    from tests.bench.fuzz_checkpoints import TOKENS, checkpoints, damaged, doctored

    if random_.random() < 0.5:
        return doctored(random_)
    return damaged(mutated(random_, checkpoint_bytes(random_.choice(checkpoints())), TOKENS))


TARGETS: dict[str, Callable[[random.Random], tuple[bool, list[str]]]] = {
    "lessons": lesson,
    "answers": answer,
    "answers-files": answers_file,
    "journals": journal,
    "checkpoints": checkpoint,
}


@dataclass
class Tried:
    """What came of some cases."""

    cases: int = 0
    accepted: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slowest_case: int = 0
    longest: int = 0


def fuzz(target: str, numbers: range, seed: int = 1) -> Tried:
    """Tries these cases of a target."""
    found = Tried()
    for number in numbers:
        started = time.perf_counter()
        try:
            accepted, lines = TARGETS[target](random.Random(f"{seed} {target} {number}"))
        except Exception as error:
            found.wrong.append(f"{target} {number}: {type(error).__name__}: {error}"[:300])
            continue
        finally:
            spent = time.perf_counter() - started
            if spent > found.slowest:
                found.slowest, found.slowest_case = spent, number
        found.cases += 1
        found.accepted += accepted
        found.longest = max(found.longest, *map(len, lines), 0)
        found.wrong += [f"{target} {number}: {why}" for line in lines if (why := unclear(line, target))]
    return found


PLACED = re.compile(r"lesson\.toml(:\d+:\d+)?: \S")
"""A line and a column; only what is true of the whole file has none."""


def unclear(line: str, target: str) -> str:
    """What is wrong with a message."""
    if not line.replace("\n", "").isprintable():
        return f"not printable: {line!a}"
    if len(line) > MOST_LINE and target != "answers":
        return f"{len(line)} characters: {line}"
    return f"names no place: {line}" if target == "lessons" and not PLACED.match(line) else ""


def pieces(first: int, cases: int, size: int = 2000) -> Iterator[range]:
    for start in range(first, first + cases, size):
        yield range(start, min(start + size, first + cases))


def main() -> int:
    """Prints what was tried and what came out."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("target", choices=list(TARGETS))
    wanted.add_argument("--cases", type=int, default=20_000)
    wanted.add_argument("--first", type=int, default=0)
    wanted.add_argument("--seed", type=int, default=1)
    wanted.add_argument("--jobs", type=int, default=1)
    chosen = wanted.parse_args()
    TARGETS[chosen.target](random.Random(0))
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, total = time.perf_counter(), Tried()
    work = [(chosen.target, piece, chosen.seed) for piece in pieces(chosen.first, chosen.cases)]
    with multiprocessing.Pool(chosen.jobs) if chosen.jobs > 1 else io.BytesIO() as pool:
        parts = pool.imap_unordered(_star, work) if chosen.jobs > 1 else itertools.starmap(fuzz, work)  # type: ignore
        for part in parts:
            add(total, part)
            for line in part.wrong[:5]:
                print(ascii(line)[1:-1], flush=True)
    spent = time.perf_counter() - started
    who = resource.RUSAGE_CHILDREN if chosen.jobs > 1 else resource.RUSAGE_SELF
    more = (resource.getrusage(who).ru_maxrss - base) // 1024
    share = total.accepted / max(1, total.cases)
    print(
        f"{chosen.target}: {total.cases} cases, {total.cases / spent:.0f}/s, {share:.1%} accepted, "
        f"{len(total.wrong)} wrong; slowest {total.slowest * 1e3:.0f} ms (case {total.slowest_case}); "
        f"{more} MB more; longest line {total.longest}"
    )
    return 1 if total.wrong else 0


def _star(work: tuple[str, range, int]) -> Tried:
    return fuzz(*work)


def add(total: Tried, part: Tried) -> None:
    total.cases += part.cases
    total.accepted += part.accepted
    total.wrong += part.wrong
    total.longest = max(total.longest, part.longest)
    if part.slowest > total.slowest:
        total.slowest, total.slowest_case = part.slowest, part.slowest_case


if __name__ == "__main__":
    sys.exit(main())
