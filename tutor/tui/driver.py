"""Textual's driver of a terminal, made unbreakable: only known sequences leave, any bytes may come, and a terminal
that stops reading never holds up the program.
"""

from __future__ import annotations

import errno
import os
import queue
import re
import select
import threading
import time
from collections.abc import Callable
from typing import IO

import textual.drivers.linux_driver as linux_driver
from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.messages import InBandWindowResize

from tutor.tui.keyboard import Keyboard

MOST_QUEUED = 30
"""Writes that wait for the terminal; after that frames are skipped, and the screen is painted anew when it reads."""

_MODES = "1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2048|25|7"
# colours, moves and clears, modes, the keyboard protocol, and two questions: whether frames can be held, the cursor
_KNOWN = rf"\[(?:[0-9;]*[mHJK]|\?(?:{_MODES})[hl]|[<>][0-9]*u|\?2026\$p|6n)"
_FOREIGN = re.compile(
    f"\x1b(?!{_KNOWN})|[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_POINTER = "\x1b]22;"
_MODE = re.compile("\x1b\\[[?<>]")


def let_out(data: str) -> str:
    """The gate: what a terminal may be sent; a sequence or character that the program never makes becomes U+FFFD.

    The last of several fences. Foreign text is filtered where it enters, and again where it becomes cells.
    """
    return _FOREIGN.sub("\ufffd", data)


class Writer(threading.Thread):
    """Writes to the terminal in the background; `caught_up` is called when frames were skipped and it reads again."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__(daemon=True, name="terminal")
        self.caught_up: Callable[[], None] = lambda: None
        self._fd = file.fileno()
        self._encoding = getattr(file, "encoding", None) or "utf-8"
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._skipping = False
        self._lost = False

    def write(self, text: str) -> None:
        """Never waits. Modes are always sent, in their order; frames only while the terminal keeps up."""
        if _MODE.match(text) is not None or not self._skips():
            self._queue.put(text)

    def _skips(self) -> bool:
        if not self._skipping and self._queue.qsize() >= MOST_QUEUED:
            self._skipping = True
            self._queue.put("")  # whatever the thread has seen, it looks once more
        return self._skipping

    def flush(self) -> None:
        """Nothing is held back here."""

    def stop(self) -> None:
        """Writes what waits, and ends."""
        self._queue.put(None)
        self.join()

    def run(self) -> None:
        """Until `stop`. What has come together meanwhile is sent together."""
        last = False
        while not last:
            texts = [self._queue.get()]
            while not self._queue.empty():
                texts.append(self._queue.get())
            last = None in texts
            self._send("".join(text for text in texts if text is not None))
            if self._skipping and self._queue.empty():
                self._skipping = False
                self.caught_up()

    def _send(self, text: str) -> None:
        data = text.encode(self._encoding, "replace")
        while data and not self._lost:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:  # another program has made the terminal non-blocking
                select.select([], [self._fd], [])
            except OSError as error:
                self._lost = error.errno != errno.EINTR


linux_driver.WriterThread = Writer  # type: ignore[attr-defined,assignment] # the driver makes its thread by this name


class TerminalDriver(LinuxDriver):
    """The driver of every screen; the mouse, where it is off, is not heard either."""

    # -- output

    def write(self, data: str) -> None:
        """Through the gate to the terminal. The shape of a pointer that nobody uses is not sent at all."""
        if self._writer_thread is not None and not data.startswith(_POINTER):
            self._writer_thread.write(let_out(data))

    def start_application_mode(self) -> None:
        """Raw settings, modes, threads."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if isinstance(self._writer_thread, Writer):
            self._writer_thread.caught_up = self._paint_anew

    def _paint_anew(self) -> None:
        self._app.call_later(self._app.refresh, layout=True)

    def _query_in_band_window_resize(self) -> None:
        """Sizes come from the kernel, which no byte can talk into another one."""

    # -- input

    def _run_input_thread(self) -> None:
        """A fault here is one of the program, told and logged as any other."""
        try:
            self.run_input_thread()
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        """Reads until the driver stops. At the end of the input it waits: the app sees whether the terminal is gone."""
        keyboard = Keyboard()
        while not self.exit_event.is_set():
            data = self._read()
            now = time.monotonic()
            for message in (*(keyboard.feed(data, now) if data else ()), *keyboard.tick(now)):
                if self._is_heard(message):
                    self.process_message(message)

    def _read(self) -> bytes:
        try:
            if not select.select([self.fileno], [], [], 0.1)[0]:
                return b""
            data = os.read(self.fileno, 1 << 16)
        except (OSError, ValueError):
            data = b""
        if not data:
            self.exit_event.wait(0.1)
        return data

    def _is_heard(self, message: Message) -> bool:
        if isinstance(message, events.Resize | InBandWindowResize):
            return False
        return self._mouse or not isinstance(message, events.MouseEvent)

    # -- stopping and going on

    _starting = False

    def _sigcont_application(self, *_: object) -> None:
        """After a stop the screen starts once and is painted, however it was stopped and however often told to go on.

        Textual starts a second time over the first, takes raw settings for those to put back, and paints nothing.
        """
        if self._starting:
            return
        self._starting = True
        if not self._must_signal_resume:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super()._sigcont_application()
        self._starting = False
        if not self._must_signal_resume:  # else it was sent to the background, and is stopped again
            self._paint_anew()
