"""A path is swapped for a symlink, over and over, while it is read: nothing outside its folder may ever come out.

    python -m tests.bench.race_links --tries 1000000

Prints how often the file was read, refused, and how often the secret came out; beside it the same for a reader that
looks first and opens afterwards, which shows that the race is a real one. Exit status 1 if the secret came out.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tutor.files import RefusedError, read_beneath

SECRET, INSIDE = b"secret", b"inside"


def lay_out(base: Path) -> Path:
    """A folder with a file in a folder, and the same outside of it, which holds the secret."""
    for folder, content in (("root/sub", INSIDE), ("evil", SECRET)):
        (base / folder).mkdir(parents=True)
        (base / folder / "data.csv").write_bytes(content)
    return base / "root"


def swap(base: Path) -> None:
    """For ever: the folder becomes a symlink to the outside and itself again, and so does the file in it."""
    root = base / "root"
    os.symlink(base / "evil", root / "to-folder")
    os.symlink(base / "evil" / "data.csv", root / "to-file")
    pairs = [(root / "sub", root / "to-folder"), (base / "root" / "sub" / "data.csv", root / "to-file")]
    aside = root / "aside"
    while True:
        for inside, link in pairs:
            with contextlib.suppress(OSError):
                os.rename(inside, aside)
                os.rename(link, inside)
                os.rename(inside, link)
                os.rename(aside, inside)


@contextlib.contextmanager
def swapping(base: Path) -> Iterator[None]:
    """While this goes on, another process swaps."""
    process = multiprocessing.get_context("fork").Process(target=swap, args=(base,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def careful(root: Path) -> bytes:
    """As the program reads."""
    return read_beneath(root, "sub/data.csv")


def careless(root: Path) -> bytes:
    """Looks where the path leads, and opens it afterwards."""
    path = root / "sub" / "data.csv"
    if not os.path.realpath(path).startswith(f"{os.path.realpath(root)}/"):
        raise RefusedError("outside")
    return path.read_bytes()


def race(read: Callable[[Path], bytes], tries: int, until: float = float("inf")) -> tuple[int, int, int]:
    """How often the file was read, was refused or not there, and how often the secret came out."""
    with tempfile.TemporaryDirectory() as place:
        base = Path(place)
        root = lay_out(base)
        inside = refused = escaped = 0
        with swapping(base):
            for _ in range(tries):
                try:
                    found = read(root)
                except OSError:
                    refused += 1
                    continue
                inside += found == INSIDE
                escaped += found == SECRET
                if escaped and time.monotonic() > until:
                    break
        return inside, refused, escaped


def main() -> int:
    """Prints both races."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--tries", type=int, default=1_000_000)
    tries = wanted.parse_args().tries
    escapes = 0
    for read, count in ((careless, min(tries, 100_000)), (careful, tries)):
        started = time.monotonic()
        inside, refused, escapes = race(read, count)
        rate = count / (time.monotonic() - started)
        print(f"{read.__name__:9} {count} tries, {rate:.0f}/s: {inside} read, {refused} refused, {escapes} escapes")
    return 1 if escapes else 0


if __name__ == "__main__":
    sys.exit(main())
