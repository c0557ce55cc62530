"""What a terminal sends, as Textual's events. Whatever the bytes are, keys that follow them are heard.

In front of Textual's parser: a decoder that forgives bytes which are no UTF-8 (Textual issue 6456); pastes, which are
read at once, cut, and ended when the terminal forgets to; a terminal's answers to questions, which are no keys; an
Escape right before a letter, which terminals send for Alt with that letter as well.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, XTermParser
from textual.message import Message

MOST_PASTED = 10_000
"""Characters of a paste that are kept; the rest is read and forgotten."""
BURST = 256
"""So many printable characters at once are no typing: terminals without bracketed paste send pastes as keys."""
PATIENCE = 1.0
"""Seconds of silence after which a paste, or an answer, that was never ended has ended."""

# ECMA-48: control strings, which terminals answer with, and xterm's bracketed paste
_OPENING = re.compile("\x1b(?:[P\\]X^_]|\\[200~)")
_BEGUN = re.compile("\x1b(?:\\[(?:2(?:00?)?)?)?$")
# a letter or sign after an Escape that begins no sequence: not of ECMA-48, nor of VT terminals
_WITH_ALT = re.compile("(\x1b+)([^\x00-\x1f\x7f-\x9f\\[\\]\\\\OPX^_])")
_END_OF_ANSWER = re.compile("\x07|\x1b\\\\|\x9c|\x18|\x1a")
ESCAPE = "\x1b"


def apart(key: events.Key) -> list[events.Key]:
    """Escape and what was pressed right after it: terminals, and tmux for half a second, send both as Alt with that
    key. Nothing where Alt was told of by itself, or of another key."""
    if not key.key.startswith("alt+") or key.character is None or not key.character.isprintable():
        return []
    after = [each for each in XTermParser().feed(key.character) if isinstance(each, events.Key)]
    return [events.Key("escape", ESCAPE), *after]


class Keyboard:
    """Bytes in, events out. `now` is a monotonic clock in seconds."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._parser = XTermParser()
        self._begun = ""
        self._inside = ""
        self._held = ""
        self._pasted = ""
        self._heard_at = 0.0

    def feed(self, data: bytes, now: float) -> list[Message]:
        """The events of some bytes, which may end anywhere."""
        self._heard_at = now
        text, found = self._decode(data), []
        if self._begun and (_OPENING.match(self._begun + text) or _WITH_ALT.match(self._begun + text)):
            self._parser = XTermParser()  # it has seen the beginning of what it shall not see
            text, self._begun = self._begun + text, ""
        text, self._held = self._held + text, ""
        while text:
            read = {"": self._read_keys, "paste": self._read_paste, "answer": self._read_answer}[self._inside]
            text, heard = read(text)
            found += heard
        return found

    def tick(self, now: float) -> list[Message]:
        """The events that silence makes: an Escape that begins nothing, the end of a paste."""
        if self._inside:
            if now - self._heard_at < PATIENCE:
                return []
            inside, self._inside, self._held = self._inside, "", ""
            return self._end_of_paste() if inside == "paste" else []
        found = self._parsed(self._parser.tick())
        if found:
            self._begun = ""
        return found

    def _read_keys(self, text: str) -> tuple[str, list[Message]]:
        opening = _OPENING.search(text)
        keys = text[: opening.start()] if opening else text
        begun = _BEGUN.search(self._begun + keys)
        self._begun = begun[0] if begun and not opening else ""
        if len(keys) >= BURST and keys.isprintable():
            found: list[Message] = [events.Paste(keys[:MOST_PASTED])]
        else:
            found = self._pressed(keys)
        if opening is None:
            return "", found
        self._inside = "paste" if opening[0].endswith("~") else "answer"
        return text[opening.end() :], found

    def _pressed(self, text: str) -> list[Message]:
        """The keys. Of Alt with a letter Textual would name some otherwise, and forget the Escape of others."""
        found: list[Message] = []
        end = 0
        for pair in _WITH_ALT.finditer(text):
            if pair.start() > end:
                found += self._parsed(self._parser.feed(text[end : pair.start()]))
            self._parser = XTermParser()  # what was begun before an Escape goes no further
            found += [events.Key("escape", ESCAPE)] * (len(pair[1]) - 1)
            found.append(events.Key(f"alt+{pair[2]}", pair[2]))
            end = pair.end()
        return found + (self._parsed(self._parser.feed(text[end:])) if text[end:] else [])

    def _read_paste(self, text: str) -> tuple[str, list[Message]]:
        end = text.find(BRACKETED_PASTE_END)
        if end < 0:
            keep = text.rfind("\x1b", -len(BRACKETED_PASTE_END))
            text, self._held = (text, "") if keep < 0 else (text[:keep], text[keep:])
        room = MOST_PASTED - len(self._pasted)
        self._pasted += (text if end < 0 else text[:end])[:room]
        if end < 0:
            return "", []
        self._inside = ""
        return text[end + len(BRACKETED_PASTE_END) :], self._end_of_paste()

    def _end_of_paste(self) -> list[Message]:
        pasted, self._pasted = self._pasted, ""
        return [events.Paste(pasted.replace("\x00", ""))]

    def _read_answer(self, text: str) -> tuple[str, list[Message]]:
        end = _END_OF_ANSWER.search(text)
        if end is None:
            self._held = "\x1b" if text.endswith("\x1b") else ""
            return "", []
        self._inside = ""
        return text[end.end() :], []

    def _parsed(self, messages: Iterable[Message]) -> list[Message]:
        """What Textual makes of it; a sequence that its parser stumbles over (a code beyond Unicode) is no key."""
        found: list[Message] = []
        try:
            found.extend(messages)
        except Exception:  # whatever it is: without this fence the bytes would end the program
            self._parser = XTermParser()
        return found
