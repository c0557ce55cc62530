"""The app: palettes, screens, and a clean end whatever happens."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from typing import Any, ClassVar, Self

from tutor.request import Request
from tutor.tui import terminal

terminal.prepare(os.environ)

from textual import events  # noqa: E402
from textual._compositor import LayoutUpdate  # noqa: E402
from textual.binding import Binding, BindingType  # noqa: E402
from textual.screen import Screen  # noqa: E402
from textual.worker import WorkerFailed  # noqa: E402

from tutor.tui.desk import Desk  # noqa: E402
from tutor.tui.driver import TerminalDriver  # noqa: E402
from tutor.tui.keyboard import apart  # noqa: E402
from tutor.tui.memory import Memory  # noqa: E402
from tutor.tui.screens.staged import StagedScreen  # noqa: E402
from tutor.tui.warming import LOOK, Warming  # noqa: E402
from tutor.tui.widgets.stage import CellsUpdate  # noqa: E402


def run_app(request: Request | None, *, mouse: bool = False) -> int:
    """Opens the lesson that is asked for, else the catalogue; returns the exit status when the learner leaves.

    `mouse`: clicks choose, this time, whatever the settings say.
    """
    from tutor.messages import FaultError, UsageError, say

    if not (os.isatty(0) and os.isatty(2)):
        raise UsageError("the screen needs a terminal; try: tutor run LESSON --plain, or --headless")
    if os.environ.get("TERM", "") in {"", "dumb"}:
        raise UsageError("this terminal (TERM) cannot show a screen; try: tutor run LESSON --plain")
    terminal.mend_encoding(os.environ)
    app = TutorApp(_lesson_of(request))
    app.run(mouse=mouse or app.settings.mouse == "on")
    if not app.memory.close():
        say("what you did last could not be saved; `tutor doctor` tells more")
    if app.fault is not None:
        raise FaultError from app.fault
    for line in app.last_words:
        say(line)
    sys.stderr.flush()
    return app.return_code or 0


def _lesson_of(request: Request | None) -> Request | None:
    """A whole course is no lesson: it becomes the catalogue. Raises ProblemsError for a zip that is none."""
    if request is None or not (request.lesson.endswith(".zip") or os.path.isdir(request.lesson)):
        return request
    from tutor.course import chosen, is_course, lessons_of

    if is_course(request.lesson) and len(lessons_of(request.lesson)) != 1:
        chosen(request.lesson)
        return None
    return request


DROPPED = 1.0
"""Seconds that the disk has when the connection is gone."""
LEAVING = frozenset(("q", "escape"))
"""Keys that wait for no lesson to be opened."""
AT_REST = 1.5
"""Seconds after which everything that a screen needs is imported."""


def is_opening(screen: Screen[Any]) -> bool:
    """Whether keys have to wait for what a screen is still reading."""
    return isinstance(screen, StagedScreen) and screen.is_opening


class TutorApp(Desk):
    """Catalogue and lessons; holds what outlives a screen."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { overflow: hidden; scrollbar-size: 0 0; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+p", "commands", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]

    def __init__(self, request: Request | None = None, palette: str | None = None) -> None:
        super().__init__(palette, driver_class=TerminalDriver)
        self.request = request
        self.ascii_only = terminal.poor(os.environ)
        self.fault: Exception | None = None
        self.last_words: tuple[str, ...] = ()
        self.memory = Memory(lambda: self.call_later(self.tell_saving))
        self.told = ""
        self.on_terminal: tuple[object, ...] | None = None
        self.early: list[events.Key | events.Paste] | None = []
        self.warming = Warming(self)

    def get_default_screen(self) -> Screen[Any]:
        """The first screen: nothing else is painted before it."""
        if self.request is None:
            from tutor.tui.screens.catalogue_screen import CatalogueScreen

            return CatalogueScreen()
        from tutor.tui.screens.lesson_screen import LessonScreen

        return LessonScreen(self.request)

    def on_mount(self) -> None:
        """Watches the terminal from now on."""
        terminal.watch(self.end, self.drop)
        if not self.is_headless:
            asyncio.get_running_loop().set_exception_handler(self.stray)
            self.set_interval(terminal.POLL_SECONDS, self.look_after_terminal)
            self.set_timer(AT_REST, self.collect_again)
            self.set_interval(LOOK, lambda: self.warming.look(self.settings.warm))

    def collect_again(self) -> None:
        """What was imported stays as long as the program: no key has to wait while it is looked through."""
        gc.freeze()
        gc.enable()

    # -- keys

    async def on_event(self, event: events.Event) -> None:
        """Keys are heard here, everything else by Textual."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.hear(event)
        else:
            await super().on_event(event)

    async def hear(self, event: events.Key | events.Paste) -> None:
        """One key after the other, however fast they come: each is done, with the screen that it opens or closes,
        before the next is looked at. (Textual sends a key to the screen's queue and its action to the app's: the
        second of two keys can then be done first.) What is typed before there is anything to work with waits for it.
        """
        self.warming.heard = time.monotonic()
        if isinstance(event, events.Key):
            if await self._check_bindings(event.key, priority=True):
                return
            if (parts := apart(event)) and not self.takes(event.key):
                for part in parts:
                    await self.hear(part)
                return
        screen = self.screen
        opening = is_opening(screen)
        if opening and self.early is None:
            self.early = []
        if self.early is not None and not (opening and isinstance(event, events.Key) and event.key in LEAVING):
            self.early.append(event)
            return
        await screen._mounted_event.wait()
        if not isinstance(screen, StagedScreen):
            screen._forward_event(event)
        elif isinstance(event, events.Paste):
            screen.on_paste(event)
        else:
            screen.on_key(event)
            if not event._stop_propagation:
                await self._check_bindings(event.key)

    def takes(self, key: str) -> bool:
        """Whether a key means something on the present screen, to the line or by itself."""
        stage = getattr(self.screen, "stage", None)
        line = stage.typing if stage is not None else None
        return (line is not None and line.knows(key)) or key in self.screen.active_bindings

    async def hear_early(self) -> None:
        """What was typed before the first frame, or while a lesson was being opened."""
        early, self.early = self.early or [], None
        for event in early:
            await self.hear(event)

    # -- painting

    def refresh(self, **wanted: bool) -> Self:
        """Everything anew, whatever the terminal is thought to show."""
        self.on_terminal = None
        return super().refresh(**wanted)

    def on_resize(self) -> None:
        """A terminal that was resized shows what it likes."""
        self.on_terminal = None

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Paints; not what the terminal shows already (Textual wants a first screen painted three times), and not
        before there is something to show."""
        stage = getattr(screen, "stage", None)
        if stage is None or screen is not self.screen:
            super()._display(screen, renderable)
            return
        shown = (stage, self.size, self.palette_name, stage.frame)
        if isinstance(renderable, CellsUpdate):
            super()._display(screen, renderable)  # type: ignore[arg-type]
            known = self.on_terminal is not None and self.on_terminal[:3] == shown[:3]
            self.on_terminal = shown if known else None  # the rest of it may be another screen's
        elif renderable is not None and stage.frame and shown != self.on_terminal:
            super()._display(screen, renderable)
            self.on_terminal = shown if isinstance(renderable, LayoutUpdate) else None
        if self.early is not None and stage.frame and not is_opening(screen):
            self.call_later(self.hear_early)

    def stray(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A fault of a task that nobody waits for."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self._handle_exception(error)

    def tell_saving(self) -> None:
        """Whether what was done can be kept, at once on whatever screen there is."""
        trouble, self.told = self.memory.trouble, self.memory.trouble
        if isinstance(self.screen, StagedScreen):
            self.screen.say(f"{trouble}; it is tried again" if trouble else "everything is saved again")

    def look_after_terminal(self) -> None:
        """Ends when the terminal is gone, instead of reading its end for ever."""
        if self.memory.trouble != self.told:  # a disk that does not answer says nothing by itself
            self.tell_saving()
        if terminal.lost():
            self.drop()
        if terminal.orphaned():
            self.end(terminal.TERMINATED)

    def drop(self) -> None:
        """Ends at once, when nothing can be written to the terminal any more; keeps what was typed."""
        try:
            for screen in self.screen_stack:
                if isinstance(screen, StagedScreen):
                    screen.note()
            self.memory.close(DROPPED)
        finally:
            os._exit(terminal.HANGUP)

    def end(self, status: int = 0, *last_words: str) -> None:
        """Leaves with an exit status, and something to say once the terminal is its own again."""
        self.last_words = last_words
        self.exit(return_code=status)

    async def action_leave(self) -> None:
        """Leaves through the present screen, which may ask."""
        await self.screen.run_action("screen.leave")

    def action_help_quit(self) -> None:
        """Control-C is a wish to leave."""
        self.call_later(self.action_leave)

    def _handle_exception(self, error: Exception) -> None:
        """Keeps the first fault for the caller, who logs it once the terminal is restored; prints nothing here."""
        if isinstance(error, WorkerFailed):
            error = error.error if isinstance(error.error, Exception) else error
        if self.fault is None:
            self.fault = error
            self._exception = error
            self._exception_event.set()
        self._return_code = 70
        self._close_messages_no_wait()
