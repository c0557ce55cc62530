"""The console command `tutor`: sound standard streams, and a keeper process that leaves every terminal as it was.

Only the standard library is imported before something is on the screen. Commands without a screen run in this
process. The screen runs in a child: whatever ends it, this process restores the terminal, stops and goes on
with it (Ctrl+Z, `fg`), hands signals down, and ends with a true exit status.
"""

from __future__ import annotations

import os
import stat
import sys

from tutor.streams import OUTPUT_LOST, OutputLostError, check_streams, complain, silence

TYPE_CHECKING = False  # `typing` and `signal` cost milliseconds that are better spent after the first byte
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn

    Run = Callable[[], int]

USAGE, INTERNAL, INTERRUPTED = 2, 70, 130
"""Exit statuses: bad usage; a fault, after sysexits.h; SIGINT as shells report it."""

COMPLETION = "_TUTOR_COMPLETE"
"""Set by the shell when it asks what a word could become."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""How many threads a library may start: one, or as many as TUTOR_THREADS says, as others work on the machine too."""

PATIENCE = 5.0
"""Seconds after which a screen that was asked to end is ended by force."""

GOING_ON = 0.05
"""Seconds in which a shell's own SIGCONT reaches the screen too; the keeper's would be a second one."""

SPLASH = "\x1b[?1049h\x1b[?25l\x1b[H tutor"
UNDO_SPLASH = "\x1b[?1049l\x1b[?25h"
# alternate screen, cursor, wrap, every mouse mode, paste, focus, size reports, synchronised output, keys, colours
RESET = (
    "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l\x1b[?2004l\x1b[?1004l\x1b[?2048l"
    "\x1b[<u\x1b[0m\x1b[?1049l\x1b[?25h\x1b[?7h\x1b(B\x0f\r\n"
)


def main() -> NoReturn:
    """Run the command line; ends the process with its exit status."""
    arguments = sys.argv[1:]
    for name in THREADS:  # before a library that reads it is imported
        os.environ.setdefault(name, os.environ.get("TUTOR_THREADS") or "1")
    if arguments[:1] == ["--debug"]:
        os.environ["TUTOR_DEBUG"], arguments = "1", arguments[1:]  # for every process from here on
    try:
        check_streams()
        sys.exit(_status(arguments))
    except KeyboardInterrupt:
        silence(1)
        sys.exit(INTERRUPTED)
    except OutputLostError as lost:
        silence(1)
        if lost.code == OUTPUT_LOST:
            complain(f"the output could not be written: {lost.reason}")
        sys.exit(lost.code)


def _status(arguments: Sequence[str]) -> int:
    if COMPLETION in os.environ or not wants_screen(arguments):
        return command(arguments)
    hindrance = no_screen(os.environ, _fd_kinds())
    if hindrance:
        return instead_of_screen(arguments, hindrance)
    return keep_terminal(lambda: screen(arguments), splash=_simple(arguments))


def wants_screen(arguments: Sequence[str]) -> bool:
    """Whether the screen opens: for `tutor`, `tutor --mouse`, `tutor run …` without a word that rules it out."""
    arguments = after_course(arguments)
    if not arguments or list(arguments) == ["--mouse"]:
        return True
    without = {"--headless", "--plain", "--help", "-h", "--version"}
    return arguments[0] == "run" and len(arguments) > 1 and not without.intersection(arguments)


def after_course(arguments: Sequence[str]) -> Sequence[str]:
    """The command line without `--course PATH` at its start."""
    if arguments and arguments[0].startswith("--course="):
        return arguments[1:]
    return arguments[2:] if len(arguments) > 1 and arguments[0] == "--course" else arguments


def _simple(arguments: Sequence[str]) -> bool:
    """`tutor` or `tutor run LESSON`: nothing that could be refused before the screen is there."""
    return not arguments or (len(arguments) == 2 and not arguments[1].startswith("-"))


def command(arguments: Sequence[str]) -> int:
    """A command without a screen; its output is written out before its status counts."""
    from tutor.cli import main as run

    _hear_of_children()
    status = run(list(arguments))
    sys.stdout.flush()
    return status


# -- where no screen can be had ---------------------------------------------------------------------------------


def _fd_kinds() -> tuple[str, str]:
    """What stdin and stderr are: "terminal", "text" (a pipe, a socket, a file) or "nothing"."""
    return _kind(0), _kind(2)


def _kind(fd: int) -> str:
    if os.isatty(fd):
        return "terminal"
    mode = os.fstat(fd).st_mode
    return "text" if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode) else "nothing"


def no_screen(environ: Mapping[str, str], kinds: tuple[str, str]) -> str:
    """Why there can be no screen, in words, empty where there can; `kinds` is what stdin and stderr are."""
    if kinds[0] != "terminal":
        return "the input is no terminal"
    if kinds[1] != "terminal":
        return "stderr, where the screen is drawn, is no terminal"
    if environ.get("TERM", "") in {"", "dumb"}:
        return f"this terminal (TERM={environ.get('TERM') or 'unset'}) shows no screens"
    return "TUTOR_PLAIN is set" if environ.get("TUTOR_PLAIN", "") not in {"", "0"} else ""


def instead_of_screen(arguments: Sequence[str], hindrance: str) -> int:
    """The lesson line by line, where there is a lesson and something to read from; else one sentence, and status 2."""
    if "run" in arguments and _kind(0) != "nothing":
        complain(f"{hindrance}: line by line instead (as with --plain)")
        return command([*arguments, "--plain"])
    way = f"tutor {' '.join(arguments)} --headless" if arguments else "tutor list, and tutor run LESSON --plain"
    over = " (over ssh: ssh -t)" if "SSH_CONNECTION" in os.environ else ""
    complain(f"{hindrance}{over}. Without a screen: {ascii(way)[1:-1]}")
    return USAGE


# -- the screen and its keeper ----------------------------------------------------------------------------------


def screen(arguments: Sequence[str]) -> int:
    """The screen, in the child process; a message about a fault stands on the screen that was there before."""
    _import_lightly()
    try:
        from tutor.messages import reported
        from tutor.request import Request
        from tutor.tui.app import run_app
    except Exception as error:
        _tell(UNDO_SPLASH)
        complain(f"a part of the program is missing or broken; install it again. {ascii(str(error))[1:-1][:200]}")
        return INTERNAL
    if not _simple(arguments):
        return command(arguments)

    def run() -> int:
        try:
            return run_app(Request(arguments[1]) if arguments else None)
        except BaseException:
            _tell(RESET)  # before the message: a terminal that leaves its other screen goes back to where it was
            raise

    return reported(run)


def _import_lightly() -> None:
    """Imports make nothing that has to be collected (the app collects again once it is at rest), and need no TLS,
    which asyncio would bring along."""
    import gc

    gc.disable()
    sys.modules["ssl"] = None  # type: ignore[assignment]


def keep_terminal(run: Run, *, splash: bool = False) -> int:
    """Runs `run` in a child and returns its exit status, in the child as in the parent: both then end.

    A child that a signal ended has 128 + the signal's number. After such an end, and after a fault, the terminal's
    settings and modes are put back.
    """
    if splash:
        _tell(SPLASH)
    import signal
    import termios

    _hear_of_children()
    settings = termios.tcgetattr(0)
    handed = _handed_down()
    signal.pthread_sigmask(signal.SIG_BLOCK, handed)
    child = os.fork()
    if child:
        hand_down(child)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, handed)
    if not child:
        return run()
    status = _outcome(child, settings)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _restore(settings, modes=status < 0 or status >= 128)
    if status < 0:
        complain(f"ended by {signal_name(-status)}; what was done up to here is saved. Start again with: tutor")
    return 128 - status if status < 0 else status


def _hear_of_children() -> None:
    """Whoever started this may ignore the ends of children, which is inherited: then none could be waited for."""
    import signal

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def signal_name(number: int) -> str:
    """As SIGTERM; real-time signals have numbers only."""
    import signal

    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _handed_down() -> list[int]:
    """The signals that the screen gets from its keeper; one that is ignored, as under nohup, stays so."""
    import signal

    meant = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGINT)
    return [number for number in meant if signal.getsignal(number) is not signal.SIG_IGN]


def hand_down(child: int) -> None:
    """Signals to this process are meant for the screen; one that does not end when asked to is killed."""
    import signal

    def forward(number: int, _: object) -> None:
        _kill(child, number)
        if number != signal.SIGINT:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    for number in _handed_down():
        signal.signal(number, forward)
    signal.signal(signal.SIGALRM, lambda *_: _kill(child, signal.SIGKILL))
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # the screen decides, and its stop is seen here
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # putting the settings back must not stop this process


def _kill(child: int, number: int) -> None:
    try:
        os.kill(child, number)
    except ProcessLookupError:
        return


def _outcome(child: int, settings: list[Any]) -> int:
    """The child's exit status, or minus the number of the signal that ended it; stops and goes on with it."""
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        _stop_along(child, settings)


def _stop_along(child: int, settings: list[Any]) -> None:
    """The shell gets its terminal back; after `fg` the screen has it again."""
    import signal
    import termios
    import time

    from_outside = termios.tcgetattr(0) != settings  # the screen could put nothing back
    _restore(settings, modes=from_outside)
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(GOING_ON)
    if os.waitid(os.P_PID, child, os.WCONTINUED | os.WNOHANG) is None:
        _kill(child, signal.SIGCONT)


def _restore(settings: list[Any], *, modes: bool) -> None:
    import termios

    try:
        if termios.tcgetattr(0) != settings:
            termios.tcsetattr(0, termios.TCSADRAIN, settings)
    except termios.error:
        return  # the terminal is gone
    if modes:
        _tell(RESET)


def _tell(text: str) -> None:
    """Straight to the terminal."""
    try:
        os.write(2, text.encode("ascii"))
    except OSError:
        return
