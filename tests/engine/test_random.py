"""The generator against published numbers, the standard library, and itself drawn in other ways."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.normal import cos_sin, log, normal_quantile
from engine.random import Random, mix


def stream(key: int) -> Random:
    random = Random(0)
    random.key = key
    return random


def test_published_sequence_of_splitmix64() -> None:
    random = stream(1234567)
    assert [random.bits() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert stream(0).bits() == 0xE220A8397B1DCDAF


def test_the_numbers_never_change() -> None:
    assert Random(0).bits() == 7844017049052391965
    assert Random(7, "shuffle").permutation(10).tolist() == [5, 6, 7, 2, 0, 4, 1, 8, 9, 3]
    assert [x.hex() for x in Random(7, "init").normal(3).tolist()] == [
        "0x1.d87e3402c36cbp-1",
        "-0x1.2faad9783d325p+0",
        "-0x1.abe42892a330dp-2",
    ]


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**40), st.integers(0, 40))
def test_arrays_are_the_scalars(key: int, position: int, count: int) -> None:
    one, other = stream(key), stream(key)
    one.position = other.position = position
    assert other.raw(count).tolist() == [one.bits() for _ in range(count)]
    assert one.position == other.position
    assert other.uniform(count).tolist() == [one.unit() for _ in range(count)]


def test_mix_is_one_to_one_on_a_sample() -> None:
    assert len({mix(z) for z in range(10_000)}) == 10_000


@pytest.mark.parametrize("path", [(0,), (1,), (0, "a"), ("0",), (0, 0), ("a", "b"), ("ab",), (-1,), (10**30,)])
def test_streams_of_other_paths_differ(path: tuple[int | str, ...]) -> None:
    others = [(0,), (1,), (0, "a"), ("0",), (0, 0), ("a", "b"), ("ab",), (-1,), (10**30,)]
    others.remove(path)
    mine = Random(*path).bits()
    assert all(Random(*other).bits() != mine for other in others)


def test_quantile_equals_the_standard_library() -> None:
    p = np.concatenate([Random(3).uniform(5000), 10.0 ** -np.arange(1, 300, 7), [2.0**-53, 1 - 2.0**-53, 0.5]])
    exact = np.array([NormalDist().inv_cdf(x) for x in p.tolist()])
    np.testing.assert_allclose(normal_quantile(p), exact, rtol=4e-15, atol=1e-16)


def test_log_and_circle_equal_libm() -> None:
    x = np.concatenate([Random(4).uniform(5000, 0, 3), 10.0 ** np.arange(-300, 300, 13), [1.0, 2.0**-53]])
    np.testing.assert_allclose(log(x), [math.log(v) for v in x.tolist()], rtol=2e-15, atol=1e-17)
    turns = Random(5).uniform(5000, -3, 3)
    cos, sin = cos_sin(turns)
    np.testing.assert_allclose(cos, np.cos(2 * np.pi * turns), atol=4e-15)
    np.testing.assert_allclose(sin, np.sin(2 * np.pi * turns), atol=4e-15)
    cos, sin = cos_sin(np.arange(-4.0, 5.0) / 4)
    assert cos.tolist() == [1, 0, -1, 0, 1, 0, -1, 0, 1]
    assert sin.tolist() == [0, 1, 0, -1, 0, 1, 0, -1, 0]


def test_uniform_and_normal_have_their_moments() -> None:
    n = 200_000
    u, z = Random(1, "u").uniform(n, -1.0, 3.0), Random(1, "z").normal(n, 2.0, 3.0)
    assert u.min() >= -1.0
    assert u.max() < 3.0
    assert abs(u.mean() - 1.0) < 5 * math.sqrt(16 / 12 / n)
    assert abs(u.var() - 16 / 12) < 0.02
    assert abs(z.mean() - 2.0) < 5 * 3.0 / math.sqrt(n)
    assert abs(z.std() - 3.0) < 0.03
    assert abs(np.mean(((z - 2) / 3) ** 4) - 3.0) < 0.1
    inside = np.mean(np.abs(z - 2.0) < 3.0)
    assert abs(inside - 0.6826894921) < 0.006


def test_every_residue_is_equally_likely() -> None:
    random = Random(2)
    counts = np.bincount([random.below(6) for _ in range(60_000)], minlength=6)
    assert float(np.sum((counts - 10_000) ** 2) / 10_000) < 25.7  # chi-square, 5 degrees, p = 1e-4


def test_permutations_are_fair_and_restartable() -> None:
    random = Random(9, "orders")
    seen = [tuple(random.permutation(4).tolist()) for _ in range(24_000)]
    counts = np.array([seen.count(order) for order in set(seen)])
    assert len(counts) == 24
    assert float(np.sum((counts - 1000.0) ** 2) / 1000) < 58.6  # chi-square, 23 degrees, p = 6e-5
    assert tuple(Random(9, "orders", position=100 * 3).permutation(4).tolist()) == seen[100]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_smallest_permutations(n: int) -> None:
    random = Random(0)
    assert sorted(random.permutation(n).tolist()) == list(range(n))
    assert random.position == max(0, n - 1)


def test_choose_and_shapes() -> None:
    assert {Random(i).choose("abc") for i in range(40)} == set("abc")
    assert Random(0).normal((2, 3)).shape == (2, 3)
    assert Random(0).uniform((2, 3)).ravel().tolist() == Random(0).uniform(6).tolist()
    assert Random(0).uniform(()).shape == ()
