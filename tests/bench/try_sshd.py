"""python tests/bench/try_sshd.py   the program through a real sshd on loopback, and inside GNU screen and tmux.

Not part of the tests: needs the programs sshd, ssh, screen and tmux (Debian: openssh-server, screen, tmux), and
says which of them are missing. The sshd is started for this only, with keys made for it, on 127.0.0.1. Tried are a
connection that drops in the middle of a lesson, of a training run and of typing an answer; ssh without -t; a line
that is silent for a while; and the same lesson in both multiplexers, detached and attached again.

Runs as root and as an ordinary user (as root: runuser -u NAME -- python tests/bench/try_sshd.py), who then logs in as
themselves. Terminals must then be the group tty's, or the user be in it, as sshd hands each terminal to that group.
"""

from __future__ import annotations

import getpass
import grp
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.terminal import Terminal, alive, cache_home, environment  # noqa: E402

LESSON = ROOT / "tests" / "tutor" / "tui" / "lesson.toml"
TRAINING = ROOT / "tests" / "tutor" / "tui" / "training.toml"
CACHE = cache_home()
CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
PidFile {folder}/pid
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
"""


@contextmanager
def server(folder: Path) -> Iterator[list[str]]:
    """An sshd of our own; the command that logs in to it."""
    port = free_port()
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd drops its privileges
    process = subprocess.Popen(
        [shutil.which("sshd") or "sshd", "-D", "-e", "-f", str(folder / "config")], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: answers(port), "sshd")
        known = ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known", "-o", "LogLevel=ERROR"]
        yield [
            "ssh",
            "-F",
            "none",
            "-i",
            str(folder / "key"),
            "-p",
            str(port),
            *known,
            f"{getpass.getuser()}@127.0.0.1",
        ]
    finally:
        process.terminate()
        process.wait()


def no_terminals() -> str:
    """Why an sshd of this user can give out no terminal; "" if it can."""
    master, slave = os.openpty()
    try:
        group = grp.getgrnam("tty")
        if os.geteuid() == 0 or os.fstat(slave).st_gid == group.gr_gid or group.gr_gid in os.getgroups():
            return ""
        return "sshd is not tried: terminals here are not the group tty's, and you are not in it (usermod -aG tty NAME)"
    except KeyError:
        return ""
    finally:
        os.close(master)
        os.close(slave)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def wait_for(met: Callable[[], bool], what: str, seconds: float = 15.0) -> float:
    """How many seconds it took; raises TimeoutError."""
    started = time.monotonic()
    while not met():
        if time.monotonic() - started > seconds:
            raise TimeoutError(what)
        time.sleep(0.02)
    return time.monotonic() - started


class Far:
    """The program at the other end of a connection."""

    def __init__(self, login: list[str], home: Path) -> None:
        self.login, self.home = login, home
        self.settings = f"cd {home} && exec env HOME={home} XDG_CACHE_HOME={CACHE} LANG=C.UTF-8 PYTHONPATH={ROOT} "

    def command(self, lesson: Path, *options: str) -> list[str]:
        return [self.login[0], *options, *self.login[1:], f"{self.settings} {sys.executable} -P -m tutor run {lesson}"]

    def start(self, lesson: Path) -> Terminal:
        return Terminal(self.command(lesson, "-tt"), env=environment())

    def running(self) -> list[int]:
        """The processes of the program at the far end: those with this home."""
        mark = f"HOME={self.home}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return [pid for pid in found if alive(pid)]

    def drop(self, terminal: Terminal) -> str:
        """The client is killed, as by a laptop that is shut; how long the far end lives on."""
        family = self.running()
        assert family
        terminal.process.kill()
        took = wait_for(lambda: not any(map(alive, family)), "the far end lives on")
        return f"{len(family)} processes at the far end gone after {took:.1f} s"


def lesson_dropped(far: Far) -> str:
    with far.start(LESSON) as screen:
        screen.wait_for("Two inputs")
        screen.type("...nn")
        screen.wait_for("2 of")
        screen.settle()
        said = far.drop(screen)
    gone_on(far, LESSON, "2 of")
    return f"{said}; goes on at the same step"


def typing_dropped(far: Far) -> str:
    with far.start(LESSON) as screen:
        screen.wait_for("Two inputs")
        screen.type("....")
        screen.wait_for("significant digits")
        screen.type("0.2099")
        screen.wait_for("0.2099")
        said = far.drop(screen)
    gone_on(far, LESSON, "0.2099")
    return f"{said}; the typed line is there again"


def training_dropped(far: Far) -> str:
    with far.start(TRAINING) as screen:
        screen.wait_for("Before.")
        screen.type("n")
        screen.wait_for("ready")
        screen.type(" ")
        screen.wait_for("running")
        said = far.drop(screen)
    told = gone_on(far, TRAINING, "training", "epoch")
    return f"{said}; then: {told[:230]}"


def gone_on(far: Far, lesson: Path, *shown: str) -> str:
    """The next connection goes on where the last one was dropped; what the screen says there."""
    with far.start(lesson) as screen:
        screen.wait_for("Press o to go on there")
        screen.type("o")
        for text in shown:
            screen.wait_for(text)
        screen.settle(0.5)
        told = " ".join(screen.text().split())
        screen.type("\x11\x11")
        assert screen.wait_exit() == 0
        assert screen.left_on() == []
    return told


def without_terminal(far: Far) -> str:
    done = subprocess.run(far.command(LESSON), input=b"quit\n", capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and b"\x1b" not in done.stdout + done.stderr, done
    none = subprocess.run(far.command(LESSON), stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    wait_for(lambda: not far.running(), "something is left at the far end")
    return f"status {done.returncode}, {done.stderr.decode().strip()!r}; without any input: status {none.returncode}"


def client_stopped(far: Far) -> str:
    """A silent line: nothing is read for some seconds while a network trains; afterwards a key is answered at once."""
    with far.start(TRAINING) as screen:
        screen.wait_for("Before.")
        screen.type("n")
        screen.wait_for("ready")
        screen.type(" ")
        screen.wait_for("running")
        os.kill(screen.process.pid, signal.SIGSTOP)
        time.sleep(8)
        before, started = len(screen.raw), time.monotonic()
        os.kill(screen.process.pid, signal.SIGCONT)
        screen.type("?")
        screen.wait_for("Training ─")
        took, stale = time.monotonic() - started, len(screen.raw) - before
        screen.type("\x11" * 4)
        assert screen.wait_exit() == 0
    return f"after 8 s of silence: a key is shown after {took:.2f} s, {stale} bytes"


def multiplexed(start: list[str], leave: list[str], again: list[str], env: dict[str, str]) -> str:
    """A screen, detached in the middle of a lesson and attached again from another size of window."""
    with Terminal(start, env=env) as screen:
        screen.wait_for("Two inputs", 30)
        screen.settle()
        screen.type("...n")
        screen.wait_for("1 of")
        subprocess.run(leave, env=env, check=True, stdout=subprocess.DEVNULL)
        screen.wait_exit()
    with Terminal(again, env=env, columns=100, rows=30) as screen:
        screen.wait_for("1 of", 30)
        screen.settle()
        screen.type("n")
        screen.wait_for("2 of")
        looks = screen.text()
        screen.type("\x11")
        screen.wait_exit()
    return "the same lesson after detaching; " + ("lines drawn" if "─" in looks else "letters only")


def in_screen(home: Path) -> str:
    env = environment(HOME=str(home), XDG_CACHE_HOME=CACHE, SCREENDIR=str(home / "screens"))
    (home / "screens").mkdir(mode=0o700)
    command = [sys.executable, "-P", "-m", "tutor", "run", str(LESSON)]
    return multiplexed(
        ["screen", "-U", "-S", "lesson", *command],
        ["screen", "-S", "lesson", "-X", "detach"],
        ["screen", "-U", "-r", "lesson"],
        env,
    )


def in_tmux(home: Path) -> str:
    env = environment(HOME=str(home), XDG_CACHE_HOME=CACHE)
    command = f"{sys.executable} -P -m tutor run {LESSON}"
    tmux = ["tmux", "-L", f"try-{os.getpid()}", "-f", "/dev/null"]
    return multiplexed([*tmux, "new", command], [*tmux, "detach-client"], [*tmux, "attach"], env)


def main() -> int:
    wrong = 0
    missing = [
        name
        for name in ("sshd", "ssh", "screen", "tmux")
        if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None
    ]
    for name in missing:
        print(f"{name} is not installed: nothing is tried with it")
    os.environ["PATH"] += ":/usr/sbin"
    tried: list[tuple[str, Callable[[Path], str]]] = []
    for name, action in {"screen": in_screen, "tmux": in_tmux}.items():
        if name not in missing:
            tried.append((name, action))
    with tempfile.TemporaryDirectory() as folder:
        for name, action in tried:
            wrong += report(name, action, folder)
        if not {"sshd", "ssh"} & set(missing):
            why_not = no_terminals()
            if why_not:
                print(why_not)
                return 1
            with server(Path(folder)) as login:
                for far_action in (lesson_dropped, typing_dropped, training_dropped, without_terminal, client_stopped):
                    wrong += report(far_action.__name__, lambda home, act=far_action: act(Far(login, home)), folder)
    return 1 if wrong else 0


def report(name: str, action: Callable[[Path], str], folder: str) -> bool:
    """Runs one in a home of its own and prints what came of it; whether it went wrong."""
    home = Path(tempfile.mkdtemp(dir=folder))
    try:
        print(f"{name}: {action(home)}", flush=True)
    except (AssertionError, TimeoutError) as error:
        print(f"{name} WENT WRONG: {error}", flush=True)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
