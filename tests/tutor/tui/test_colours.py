"""Colours can be read, and told apart with every kind of sight.

Contrast after WCAG 2.1; sight after Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of
color vision deficiency" (2009, full severity); differences in CIEDE2000 (Sharma, Wu and Dalal, 2005).
"""

import itertools

import numpy as np
import pytest

from tutor.tui.palette import PALETTES

SIGHTS = {
    "trichromat": np.eye(3),
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
    "tritanope": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
APART = 20.0
OWN = ("dark", "light", "contrast")
MEANINGS = ("good", "bad", "warn")
XTERM = {"bright_green": "#00ff00", "bright_magenta": "#ff00ff", "green": "#00cd00", "magenta": "#cd00cd"}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    high, low = sorted((float(TO_XYZ[1] @ linear(colour)) for colour in (a, b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one, other) -> float:
    """The colour difference of two points of L*a*b*."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * np.cos(np.radians(hue - 30)) + 0.24 * np.cos(np.radians(2 * hue))
    t += 0.32 * np.cos(np.radians(3 * hue + 6)) - 0.2 * np.cos(np.radians(4 * hue - 63))
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2) / (1 + 0.015 * chroma * t)
    bend = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return float(np.sqrt(dl**2 + dc**2 + dh**2 + bend * dc * dh))


def apart(a: str, b: str) -> float:
    """How different two colours are to the eyes that tell them apart worst."""
    return min(ciede2000(lab(sight @ linear(a)), lab(sight @ linear(b))) for sight in SIGHTS.values())


# pairs 1, 7, 17 and 25 of the test data of Sharma, Wu and Dalal
@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ],
)
def test_the_measure_itself(one, other, difference):
    assert ciede2000(one, other) == pytest.approx(difference, abs=1e-4)


@pytest.mark.parametrize("name", OWN)
def test_right_wrong_and_warn_are_told_apart_by_all_eyes(name):
    roles = PALETTES[name].roles
    for a, b in itertools.combinations(MEANINGS, 2):
        assert apart(roles[a], roles[b]) >= APART, (a, b)


@pytest.mark.parametrize("name", OWN)
def test_values_and_gradients_are_told_apart_by_all_eyes(name):
    assert apart(PALETTES[name].roles["value"], PALETTES[name].roles["gradient"]) >= APART


@pytest.mark.parametrize("name", ["ansi", "ansi-light"])
def test_right_and_wrong_in_the_colours_that_xterm_starts_with(name):
    """The sixteen colours are the user's own; a sign and a word stand beside each of them."""
    roles = PALETTES[name].roles
    assert apart(XTERM[roles["good"]], XTERM[roles["bad"]]) >= APART


@pytest.mark.parametrize("name", OWN)
def test_text_is_readable_on_its_ground(name):
    """4.5 to 1 for text, here 7 for what is read most; 3 for lines."""
    palette = PALETTES[name]
    least = {"text": 7.0, "accent": 7.0, "edge": 3.0, "point": 1.0}
    for role, colour in palette.roles.items():
        assert contrast(colour, palette.background) >= least.get(role, 4.5), role
