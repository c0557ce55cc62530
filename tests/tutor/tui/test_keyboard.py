"""Bytes from a terminal become keys, pastes and answers; nothing that comes stops the keys after it."""

import random

import pytest
from textual import events

from tutor.tui.keyboard import MOST_PASTED, PATIENCE, Keyboard, apart

ESCAPED = 10.0
"""A time long after an Escape was pressed."""


def silence(keyboard: Keyboard) -> list[str]:
    """Nothing comes for so long that whatever was begun has ended; Textual's parser has a clock of its own."""
    if keyboard._parser._timeout_time is not None:
        keyboard._parser._timeout_time = 0.0
    return shown(keyboard.tick(ESCAPED))


def shown(messages) -> list[str]:
    """Keys by name, pastes as their text, other events by their kind."""
    return [
        m.key if isinstance(m, events.Key) else f"paste {m.text}" if isinstance(m, events.Paste) else type(m).__name__
        for m in messages
    ]


def heard(*parts: bytes) -> list[str]:
    """What is heard of bytes that come one part after the other, and of the key z after them."""
    keyboard = Keyboard()
    found = [message for part in parts for message in keyboard.feed(part, 0.0)]
    found += keyboard.feed(b"z", 0.0)
    return shown(found)


@pytest.mark.parametrize("byte", range(256))
def test_no_byte_makes_the_keyboard_deaf(byte):
    """A lone one may be the beginning of a letter or a sequence, which swallows the key after it, but no more."""
    keyboard = Keyboard()
    keyboard.feed(bytes([byte]), 0.0)
    keyboard.feed(b"z", 0.0)
    silence(keyboard)
    assert shown(keyboard.feed(b"z", ESCAPED)) == ["z"]


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"\xff", ["replacement_character"]),
        (b"\xe9a", ["replacement_character", "a"]),
        ("é".encode(), ["é"]),
        (b"\x1b[A", ["up"]),
        (b"\x1bOQ", ["f2"]),
        (b"\x1b[6;3R", ["CursorPosition"]),
        (b"\x1b[200~ab\xff\x1b[201~", ["paste ab\ufffd"]),
        (b"\x1b[200~\x1b[201~", ["paste "]),
        (b"\x1b[200~\x1b]52;c;q\x07\x1b[A\x1b[201~", ["paste \x1b]52;c;q\x07\x1b[A"]),
        (b"\x1bP1$r0 q\x1b\\", []),
        (b"\x1b]11;rgb:0/0/q\x07", []),
        (b"\x1b_Gq\x1b\\\x1b[B", ["down"]),
    ],
)
def test_sequences_split_anywhere(data, keys):
    for cut in range(len(data) + 1):
        assert heard(data[:cut], data[cut:]) == [*keys, "z"], cut
    assert heard(*(data[i : i + 1] for i in range(len(data)))) == [*keys, "z"]


def test_an_escape_is_a_key_once_nothing_follows():
    keyboard = Keyboard()
    assert keyboard.feed(b"\x1b", 0.0) == []
    assert silence(keyboard) == ["escape"]
    assert shown(keyboard.feed(b"]q", ESCAPED)) == ["right_square_bracket", "q"]


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"\x1bt", ["escape", "t"]),
        (b"\x1b.", ["escape", "full_stop"]),
        (b"\x1b1", ["escape", "1"]),
        (b"\x1b ", ["escape", "space"]),
        (b"\x1bf", ["escape", "f"]),
        ("\x1bé".encode(), ["escape", "é"]),
        (b"\x1b\x1bq", ["escape", "escape", "q"]),
        (b"\x1b[A\x1bqn", ["up", "escape", "q", "n"]),
        (b"\x1b[116;3u", ["alt+t"]),
    ],
)
def test_an_escape_right_before_a_letter_is_taken_apart_wherever_the_bytes_are_cut(data, keys):
    for cut in range(len(data) + 1):
        keyboard = Keyboard()
        found = [*keyboard.feed(data[:cut], 0.0), *keyboard.feed(data[cut:], 0.0)]
        assert shown(part for key in found for part in (apart(key) or [key])) == keys, cut


def test_a_huge_paste_is_cut_and_a_paste_without_end_ends():
    keyboard = Keyboard()
    (paste,) = keyboard.feed(b"\x1b[200~" + b"x" * 2_000_000 + b"\x1b[201~", 0.0)
    assert paste.text == "x" * MOST_PASTED
    assert keyboard.feed(b"\x1b[200~abc", 1.0) == []
    assert keyboard.tick(1.0 + PATIENCE / 2) == []
    assert shown(keyboard.tick(1.0 + PATIENCE)) == ["paste abc"]
    assert shown(keyboard.feed(b"z", 3.0)) == ["z"]


def test_an_answer_without_end_ends():
    keyboard = Keyboard()
    assert keyboard.feed(b"\x1b]11;rgb:qqq", 0.0) == []
    assert keyboard.tick(PATIENCE) == []
    assert shown(keyboard.feed(b"z", PATIENCE)) == ["z"]


@pytest.mark.parametrize(
    "data",
    [b"\x1b[1114112;1u", b"\x1b[99999999999999;1u", b"\x1b[1;1;99999999999u", b"\x1b[<1;1;1M", b"\x1b[48;1;1;0;0t"],
)
def test_numbers_beyond_sense_are_no_keys(data):
    assert heard(data)[-1] == "z"


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_in_random_parts(seed):
    chance = random.Random(seed)
    pieces = [
        b"\x1b",
        b"[",
        b"200~",
        b"201~",
        b"]",
        b"P",
        b"\\",
        b"\x07",
        b";",
        b"9",
        b"u",
        b"M",
        b"<",
        b"\xff",
        b"t",
        b"R",
    ]
    keyboard, now = Keyboard(), 0.0
    for _ in range(2_000):
        now += chance.choice([0.0, 0.01, 2.0])
        keyboard.feed(b"".join(chance.choices(pieces, k=chance.randrange(1, 12))), now)
        keyboard.tick(now)
        assert len(keyboard._held) < 8 and len(keyboard._pasted) <= MOST_PASTED
    keyboard.feed(b"\x18\x1b[201~", now)
    silence(keyboard)
    assert shown(keyboard.feed(b"z", now))[-1] == "z"
