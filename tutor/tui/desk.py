"""What outlives a screen and is no lesson's business: settings, the speed of the line, visits to lessons, commands."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App

from tutor.request import Request
from tutor.tui import settings as kept
from tutor.tui.link import Link
from tutor.tui.palette import PALETTES, Palette, chosen, following
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.training.frames import ASK, FASTEST
from tutor.tui.widgets.stage import Stage

if TYPE_CHECKING:
    from textual.screen import Screen

    from tutor.course import Course, Entry
    from tutor.session import Session
    from tutor.tui.commands import Command
    from tutor.tui.rows.draft import Draft

HELD_BACK = 1.0
"""Seconds between frames with reduced motion and on slow lines."""
LISTENING = (0.6, 1.2, 1.8)
"""Seconds after the start at which the terminal is asked, to see how fast it answers."""
DEEPEST = 12
"""So many screens above one another are enough."""


class Desk(App[None]):
    """The base of the app."""

    def __init__(self, palette: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        for each in PALETTES.values():
            self.register_theme(each.theme)
        self.settings = kept.read_settings(kept.settings_file())
        self.link = Link(far="SSH_CONNECTION" in os.environ)
        self.told_slow = False
        self.palette_name = palette or self.suitable_palette()
        self.palette: Palette = PALETTES[self.palette_name]
        self.theme = self.palette.theme.name
        self.course: Course | None = None
        self.sessions: dict[str, Session] = {}
        self.unsent: dict[str, Mapping[str, Draft]] = {}

    # -- settings

    @property
    def low_bandwidth(self) -> bool:
        """Whether few bytes are wanted: chosen, or because the terminal answers late."""
        return self.settings.bandwidth == "low" or (self.settings.bandwidth == "auto" and self.told_slow)

    @property
    def frame_seconds(self) -> float:
        """The least time between two frames that come by themselves."""
        return HELD_BACK if self.low_bandwidth or self.settings.motion == "reduced" else FASTEST

    def suitable_palette(self) -> str:
        """The chosen colours, unless the environment says otherwise; few bytes: the terminal's own."""
        wanted = chosen(os.environ)
        if "NO_COLOR" in os.environ or os.environ.get("TUTOR_THEME") in PALETTES:
            return wanted
        if self.settings.colours != "auto":
            return self.settings.colours
        return {"dark": "ansi", "light": "ansi-light"}.get(wanted, wanted) if self.low_bandwidth else wanted

    def choose_setting(self, name: str, value: str) -> None:
        """Another value, kept for the next time too, and in force at once."""
        self.settings = self.settings.with_value(name, value)
        self.run_worker(partial(self.keep_settings, self.settings), thread=True, group="settings")
        if name in {"colours", "bandwidth"}:
            self.use_palette(value if value in PALETTES else self.suitable_palette())
        elif name == "mouse":
            self.use_mouse(value == "on")
        self.tell(f"{name}: {value} ({kept.CHOICES[name][value]})")

    def keep_settings(self, settings: kept.Settings) -> None:
        """Into the file; what cannot be kept holds until the end."""
        try:
            kept.write_settings(kept.settings_file(), settings)
        except OSError as error:
            self.call_from_thread(self.tell, f"This holds for now; it could not be kept: {error.strerror}")

    def tell(self, text: str) -> None:
        """One line on the present screen."""
        if isinstance(self.screen, StagedScreen):
            self.screen.say(text)

    # -- colours

    def use_palette(self, name: str) -> None:
        """Other colours, everywhere at once."""
        self.palette_name, self.palette = name, PALETTES[name]
        self.theme = self.palette.theme.name
        for screen in self.screen_stack:
            if isinstance(screen, StagedScreen) and screen.is_current:
                screen.update()
            for stage in screen.query(Stage):
                stage.repaint()

    def action_palette(self) -> None:
        """The next palette, also for the next time."""
        self.choose_setting("colours", following(self.palette_name))

    # -- mouse

    def use_mouse(self, on: bool) -> None:
        """The mouse is heard or left to the terminal, from now on."""
        driver: Any = self._driver
        if driver is None or self.is_headless or driver._mouse == on:
            return
        driver._mouse = True  # the driver sends modes of the mouse only where it has one
        (driver._enable_mouse_support if on else driver._disable_mouse_support)()
        driver._mouse = on

    # -- the line

    def on_mount(self) -> None:
        """Sees how fast the terminal answers."""
        if not self.is_headless:
            for seconds in LISTENING:
                self.set_timer(seconds, partial(self.ask_terminal, ASK))

    def ask_terminal(self, question: str) -> None:
        """Sends a question that the terminal answers once it has taken everything before it."""
        if self._driver is not None and not self.is_headless:
            self.link.asked(time.monotonic())
            self._driver.write(question)

    def on_cursor_position(self) -> None:
        """The terminal's answer: for the screen that draws frames, and for the speed of the line."""
        self.link.answered(time.monotonic())
        frames = getattr(self.screen, "frames", None)
        if frames is not None:
            frames.answered()
        if self.link.slow and not self.told_slow:
            self.told_slow = True
            if self.settings.bandwidth == "auto":
                slow = f"Slow line ({self.link.milliseconds} ms): pictures move once a second."
                self.tell(f"{slow} Ctrl+P, bandwidth changes that.")

    # -- lessons

    def visit(self, entry: Entry, *, go_on: bool = False, question: str = "") -> None:
        """Opens a lesson of the catalogue: where it was left (`go_on`), at a question, or at its start."""
        from tutor.tui.screens.lesson_screen import LessonScreen

        if len(self.screen_stack) >= DEEPEST:
            self.tell("Too many screens lie above one another. q leaves the one on top.")
            return
        screen = LessonScreen(Request(str(entry.path)), self.sessions.get(entry.id), go_on=go_on, question=question)
        screen.unsent = self.unsent.get(entry.id, {})

        def came_back(_: int | None) -> None:
            if screen.session is None:
                return
            self.sessions[entry.id], self.unsent[entry.id] = screen.session, screen.drafts
            for each in self.screen_stack:
                if isinstance(each, StagedScreen):
                    each.visited(screen.session)

        self.push_screen(screen, came_back)

    # -- commands

    def action_commands(self) -> None:
        """The command palette above the present screen."""
        from tutor.tui.commands import screen_commands, setting_commands
        from tutor.tui.screens.command_screen import CommandScreen

        below = self.screen
        if isinstance(below, CommandScreen):
            below.action_leave()
            return
        offered = (*screen_commands(type(below).BINDINGS), *setting_commands(self.settings))
        screen = CommandScreen(offered, self.course)

        async def carry_out(number: int | None) -> None:
            if number is not None:
                await self.carry_out(screen.found[number], below)

        self.push_screen(screen, carry_out)

    async def carry_out(self, command: Command, screen: Screen[Any]) -> None:
        """Does what was chosen, on the screen that it was chosen from."""
        if command.setting is not None:
            self.choose_setting(*command.setting)
        elif command.entry is not None:
            self.visit(command.entry)
        else:
            await screen.run_action(command.action)
