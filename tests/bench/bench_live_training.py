"""What a live training screen costs in bytes a second, view by view: bench_live_training.py [COLUMNS ROWS]

Through a real pseudo-terminal that answers at once where its cursor is. The goal is 7,000 bytes a second at 80×24.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.terminal import ROOT, Terminal, environment

LESSON = ROOT / "tests" / "tutor" / "tui" / "networks.toml"
VIEWS = {"1": "all", "2": "curves", "3": "plane", "4": "gradients", "5": "weights", "6": "samples"}
SECONDS = 6.0
SLOWER = "dddd"
ASKED, ANSWER = b"\x1b[6n", b"\x1b[1;1R"


def attended(terminal: Terminal, seconds: float) -> tuple[int, int]:
    """Bytes and frames that come in so many seconds, each frame answered."""
    end, first, frames = time.monotonic() + seconds, len(terminal.raw), 0
    while (left := end - time.monotonic()) > 0:
        seen = len(terminal.raw)
        terminal.read(min(left, 0.05))
        asked = terminal.raw[max(0, seen - 3) :].count(ASKED)
        if asked:
            terminal.type(ANSWER * asked)
            frames += asked
    return len(terminal.raw) - first, frames


def main(columns: int = 80, rows: int = 24) -> None:
    """Prints a line a view."""
    with tempfile.TemporaryDirectory() as state:
        env = environment(XDG_STATE_HOME=state, COLORTERM="truecolor")
        argv = [sys.executable, "-c", "import sys; from tutor.launch import main; sys.exit(main())", "run", str(LESSON)]
        with Terminal(argv, columns=columns, rows=rows, env=env, cwd=str(ROOT)) as terminal:
            terminal.wait_for("Before.")
            attended(terminal, 1.0)
            terminal.type("n")
            for _ in range(60):
                attended(terminal, 0.5)
                if "Space starts" in terminal.text():
                    break
            terminal.type(SLOWER + " ")
            attended(terminal, 1.0)
            for key, name in VIEWS.items():
                terminal.type(key)
                attended(terminal, 1.0)
                sent, frames = attended(terminal, SECONDS)
                print(f"{columns}×{rows} {name:<10} {sent / SECONDS:8,.0f} bytes/s {frames / SECONDS:5.1f} frames/s")
            terminal.type("q")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
