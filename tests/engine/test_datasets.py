"""Data: generators against their formulas in plain Python; splitting, standardising, the digest."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_table import part_sizes, split, standardise
from engine.datasets import GENERATORS, Dataset, DataSettings, load
from engine.errors import DataError


def fails(message: str, do: Callable[[], object]) -> None:
    with pytest.raises(DataError) as caught:
        do()
    assert message in str(caught.value)


# generators


def naive(name: str, i: int, n: int, k: int) -> tuple[float, float]:
    """The formulas of GENERATORS, written out once more with the math module."""
    c, j = i % k, i // k
    m = len(range(c, n, k))
    if name == "blobs":
        return 2 * math.cos(2 * math.pi * c / k), 2 * math.sin(2 * math.pi * c / k)
    if name == "moons":
        s = math.pi * (j / (m - 1) if m > 1 else 0)
        return (math.cos(s), math.sin(s)) if c == 0 else (1 - math.cos(s), 0.5 - math.sin(s))
    if name == "circles":
        r = [1, 0.5][c]
        return r * math.cos(2 * math.pi * j / m), r * math.sin(2 * math.pi * j / m)
    r = (j + 1) / m
    turn = 2 * math.pi * (c / k + 0.75 * r)
    return r * math.cos(turn), r * math.sin(turn)


@pytest.mark.parametrize("name", ["blobs", "moons", "circles", "spiral"])
@pytest.mark.parametrize("n", [1, 2, 7, 50])
def test_exact_points(name: str, n: int) -> None:
    for k in range(2, GENERATORS[name].classes[1] + 1):
        data = load(DataSettings(name, n=n, noise=0.0, classes=k))
        expected = [naive(name, i, n, k) for i in range(n)]
        np.testing.assert_allclose(data.inputs, expected, atol=1e-14)
        assert data.targets.ravel().tolist() == [i % k for i in range(n)]
        assert len(data.classes) == k


def test_xor_is_the_truth_table() -> None:
    data = load(DataSettings("xor", n=4, noise=0.0))
    assert data.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.targets.tolist() == [[0], [1], [1], [0]]


def test_line() -> None:
    exact = load(DataSettings("line", n=500, noise=0.0, seed=3))
    noisy = load(DataSettings("line", n=500, noise=0.2, seed=3))
    np.testing.assert_array_equal(exact.targets, 2 * exact.inputs + 1)
    np.testing.assert_array_equal(exact.inputs, noisy.inputs)
    assert exact.inputs.min() >= -1
    assert exact.inputs.max() < 1
    assert exact.classes == ()
    assert abs(np.std(noisy.targets - exact.targets) - 0.2) < 0.02


@pytest.mark.parametrize("name", list(GENERATORS))
def test_noise_is_normal_and_seeded(name: str) -> None:
    exact, one, again, other = (
        load(DataSettings(name, n=2000, noise=s, seed=seed)) for s, seed in [(0, 1), (0.5, 1), (0.5, 1), (0.5, 2)]
    )
    assert one.digest == again.digest
    assert one.digest != other.digest
    noise = one.targets - exact.targets if name == "line" else one.inputs - exact.inputs
    assert abs(noise.mean()) < 0.05
    assert abs(noise.std() - 0.5) < 0.03
    assert one.inputs.dtype == one.targets.dtype == np.float64


def test_the_numbers_never_change() -> None:
    """Only IEEE-exact arithmetic goes in, so these are the bits of every machine."""
    digests = {name: load(DataSettings(name, n=50, seed=1)).digest[:12] for name in GENERATORS}
    assert digests == {
        "blobs": "a82daf640a89",
        "moons": "7ab558558ceb",
        "circles": "32b2e5e64bdb",
        "xor": "113edc75cea0",
        "spiral": "f71cd18bb527",
        "line": "bc6d8397cc6c",
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (DataSettings("moon"), "did you mean moons?"),
        (DataSettings("nothing at all"), "is none of blobs, moons"),
        (DataSettings("moons", n=0), "n = 0 rows; right is 1 to 1,000,000"),
        (DataSettings("moons", n=10**9), "right is 1 to"),
        (DataSettings("moons", noise=-0.1), "noise = -0.1"),
        (DataSettings("moons", noise=math.nan), "noise = nan"),
        (DataSettings("moons", classes=3), "classes = 3; right is 2"),
        (DataSettings("spiral", classes=11), "right is 2 to 10"),
        (DataSettings("line", classes=2), "right is none"),
        (DataSettings("moons", file="x.csv"), "file means nothing with from = 'moons', which takes classes, n, noise"),
        (DataSettings("mnist", noise=0.1), "noise means nothing"),
        (DataSettings("blobs", classes=("a", "b")), "names of classes belong to csv"),
        (DataSettings("digits", limit=0), "limit = 0"),
        (DataSettings("csv"), "file: say which"),
        (DataSettings("csv", file="a.csv"), "no folder to read it from"),
        (DataSettings("mnist", folder="a"), "no folder to read it from"),
    ],
)
def test_settings_that_cannot_be(settings: DataSettings, message: str) -> None:
    fails(message, lambda: load(settings))


# split, standardise, digest


def test_split_is_a_seeded_partition_in_file_order() -> None:
    parts = {"validation": 0.2, "train": 0.7, "test": 0.1}
    data = load(DataSettings("moons", n=101, seed=4, split=parts))
    assert list(data.parts) == ["train", "validation", "test"]
    assert sorted(np.concatenate(list(data.parts.values())).tolist()) == list(range(101))
    for rows in data.parts.values():
        assert rows.tolist() == sorted(rows.tolist())
    same = load(DataSettings("moons", n=101, seed=4, split=parts))
    other = split(load(DataSettings("moons", n=101, seed=4)), parts, seed=5)
    assert data.digest == same.digest != other.digest
    inputs, targets = data.part("test")
    np.testing.assert_array_equal(inputs, data.inputs[data.parts["test"]])
    assert len(targets) == len(data.parts["test"])


@pytest.mark.parametrize(
    ("parts", "rows", "sizes"),
    [
        ({"train": 0.8, "validation": 0.2}, 5, [4, 1]),
        ({"train": 0.5, "validation": 0.5}, 5, [3, 2]),
        ({"train": 0.7, "validation": 0.2, "test": 0.1}, 5000, [3500, 1000, 500]),
        ({"train": 4000, "test": 1000}, 5000, [4000, 1000]),
        ({"validation": 0.25}, 8, [6, 2]),
        ({"train": 3, "validation": 0.5}, 8, [3, 4]),
        ({"train": 1.0}, 8, [8]),
        ({"train": 1}, 8, [1]),
    ],
)
def test_part_sizes(parts: dict[str, float], rows: int, sizes: list[int]) -> None:
    assert list(part_sizes("d", parts, rows).values()) == sizes


@given(st.integers(1, 10_000), st.floats(0.01, 0.98))
def test_fractions_leave_no_row_out(rows: int, share: float) -> None:
    parts = {"train": share, "validation": 1 - share}
    if 1 <= round(share * rows) < rows - 1:
        assert sum(part_sizes("d", parts, rows).values()) == rows


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"train": 0.8, "validation": 0.3}, "train = 0.8, validation = 0.3 are more than its 10 rows"),
        ({"train": 11}, "more than its 10 rows"),
        ({"train": 0.99, "validation": 0.01}, "validation has no row"),
        ({"validation": 1.0}, "train has no row"),
        ({"train": 0}, "train = 0 is neither"),
        ({"train": -0.5}, "neither a fraction"),
        ({"train": True}, "neither a fraction"),
        ({"train": math.nan}, "neither a fraction"),
        ({"valid": 0.5}, "did you mean validation?"),
        ({"train": 1.5}, "train = 1.5 is neither"),
    ],
)
def test_splits_that_cannot_be(parts: dict[str, float], message: str) -> None:
    fails(message, lambda: load(DataSettings("moons", n=10, split=parts)))


def test_standardise_fits_on_the_training_rows() -> None:
    rng = np.random.default_rng(0)
    inputs = np.column_stack([rng.normal(5, 3, 40), np.full(40, 0.1), rng.normal(-1e6, 1e3, 40)])
    data = split(Dataset("d", inputs, np.zeros((40, 1))), {"train": 0.75, "validation": 0.25}, 0)
    done = standardise(data)
    train = inputs[data.parts["train"]]
    assert done.mean is not None
    assert done.scale is not None
    np.testing.assert_allclose(done.mean, train.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(done.scale, [train[:, 0].std(), 1.0, train[:, 2].std()], rtol=1e-12)
    np.testing.assert_allclose(done.part("train")[0][:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(done.part("train")[0][:, 0].std(), 1, rtol=1e-12)
    assert abs(done.part("validation")[0][:, 0].mean()) > 1e-3
    np.testing.assert_allclose(done.inputs[:, 1], 0, atol=1e-15)
    assert done.digest != data.digest


def test_standardise_one_row_and_too_large() -> None:
    one = standardise(Dataset("d", np.array([[3.0]]), np.zeros((1, 1))))
    assert one.inputs.tolist() == [[0.0]]
    fails("too large", lambda: standardise(Dataset("d", np.array([[1e308], [-1e308]]), np.zeros((2, 1)))))
    tiny = standardise(Dataset("d", np.array([[0.0], [1e-310]]), np.zeros((2, 1))))
    assert np.isfinite(tiny.inputs).all()


def test_dataset_is_frozen_and_checked() -> None:
    data = load(DataSettings("xor", n=4))
    with pytest.raises(FrozenInstanceError):
        data.name = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        data.inputs[0, 0] = 1.0
    with pytest.raises(TypeError):
        data.parts["test"] = np.arange(2)  # type: ignore[index]
    fails("no part 'validation', only train", lambda: data.part("validation"))
    fails("2 rows of inputs, but 3", lambda: Dataset("d", np.zeros((2, 1)), np.zeros((3, 1))))


def test_digest_sees_every_change_but_the_name() -> None:
    x, y = np.array([[1.0, 2.0]]), np.array([[0.0]])
    digests = {
        Dataset("a", x, y).digest,
        Dataset("a", x.reshape(2, 1), np.zeros((2, 1))).digest,
        Dataset("a", x, y + 1e-300).digest,
        Dataset("a", np.nextafter(x, 9), y).digest,
        Dataset("a", x, y, classes=("0", "1")).digest,
        Dataset("a", x, y, parts={"test": np.arange(1)}).digest,
    }
    assert len(digests) == 6
    assert Dataset("b", x, -y).digest == Dataset("a", x, y).digest
