"""Seeded random numbers, written out so that they are the same bits on every machine and library version.

The generator is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA
2014; the constants are those of Vigna's splitmix64.c): number i of a stream with key k is
mix(k + (i + 1)·GAMMA) modulo 2^64. A number depends on nothing but key and position, so a stream can be
continued, jumped in, drawn one by one or in arrays, here or in a compiled kernel. Only +, −, ×, ÷, √ and
bit operations are used, which IEEE 754 fixes exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # a scalar lesson draws its variant without waiting for NumPy
    from numpy import float64, int64, uint64
    from numpy.typing import NDArray

Choice = TypeVar("Choice")

GAMMA = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
MASK = (1 << 64) - 1


def mix(z: int) -> int:
    """SplitMix64's output function, 64 bits to 64 bits, one to one."""
    z = ((z ^ (z >> 30)) * MIX_1) & MASK
    z = ((z ^ (z >> 27)) * MIX_2) & MASK
    return z ^ (z >> 31)


def key_of(*path: int | str) -> int:
    """The key of the stream that this path of seeds and purposes names: 64 bits of SHA-256."""
    text = "\0".join(f"{type(part).__name__}:{part}" for part in path)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little")


class Random:
    """One stream of random numbers: Random(seed, "shuffle") and Random(seed, "init") are independent.

    `position` counts the 64-bit numbers drawn so far; with the path it is the whole state, and may be set.
    """

    __slots__ = ("key", "position")

    def __init__(self, *path: int | str, position: int = 0) -> None:
        self.key = key_of(*path)
        self.position = position

    def bits(self) -> int:
        """The next 64 random bits, 0 ≤ bits < 2^64."""
        self.position += 1
        return mix((self.key + self.position * GAMMA) & MASK)

    def unit(self) -> float:
        """Uniform on [0, 1), a multiple of 2^−53."""
        return (self.bits() >> 11) * 2.0**-53

    def below(self, n: int) -> int:
        """Uniform on 0 … n−1 for n up to 2^32: the high half of bits times n, off by less than n/2^32."""
        return ((self.bits() >> 32) * n) >> 32

    def choose(self, options: Sequence[Choice]) -> Choice:
        """One of the options, each as likely as the others."""
        return options[self.below(len(options))]

    def raw(self, count: int) -> NDArray[uint64]:
        """The next `count` numbers of 64 bits, shape (count,): what `bits` would have given one by one."""
        import numpy as np

        counter = np.arange(self.position + 1, self.position + count + 1, dtype=np.uint64)
        self.position += count
        z = counter * np.uint64(GAMMA) + np.uint64(self.key)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
        out: NDArray[uint64] = z ^ (z >> np.uint64(31))
        return out

    def uniform(self, shape: int | tuple[int, ...], low: float = 0.0, high: float = 1.0) -> NDArray[float64]:
        """Uniform on [low, high), in row-major order of `shape`; each number takes 64 bits of the stream."""
        import numpy as np

        unit = (self.raw(_size(shape)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        out: NDArray[float64] = (unit * (high - low) + low).reshape(shape)
        return out

    def normal(self, shape: int | tuple[int, ...], mean: float = 0.0, sd: float = 1.0) -> NDArray[float64]:
        """Normal with this mean and standard deviation: `normal_quantile` of uniforms on the open (0, 1)."""
        import numpy as np

        from engine.normal import normal_quantile

        unit = ((self.raw(_size(shape)) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
        out: NDArray[float64] = (normal_quantile(unit) * sd + mean).reshape(shape)
        return out

    def permutation(self, n: int) -> NDArray[int64]:
        """0 … n−1 in random order: Fisher and Yates from the end, swapping i with below(i + 1), i = n−1 … 1.

        Takes n−1 numbers, so order number e of a stream of such orders starts at position e·(n−1).
        """
        import numpy as np

        sizes = np.arange(n, 1, -1, dtype=np.uint64)
        partners = ((self.raw(len(sizes)) >> np.uint64(32)) * sizes) >> np.uint64(32)
        order = list(range(n))
        for i, j in zip(range(n - 1, 0, -1), partners.tolist(), strict=True):
            order[i], order[j] = order[j], order[i]
        return np.array(order, dtype=np.int64)


def _size(shape: int | tuple[int, ...]) -> int:
    if isinstance(shape, int):
        return shape
    size = 1
    for length in shape:
        size *= length
    return size
