"""Biases and codewords from opened secrets, derived a second time: ``docs/formats/patterns-and-codewords.md``.

Nothing but HKDF-SHA256, AES-256 of counters, and the zeros of Legendre polynomials.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import cos, pi, sqrt

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

UNIT = 65_536
LARGEST_COALITION = 32
DRAWS_PER_BLOCK = 8
FAIR_QUARTERS = {1: 0, 2: 3}
"""How many segments of four have the bias 1/2, by the rules a recording was marked by."""


def thresholds(bias_seed: bytes, coalition: int, rules: int, segments: Sequence[int]) -> list[int]:
    """Return the numerators over 65536 of the biases of ``segments``.

    Raises:
        ValueError: the seed is not 32 bytes long, the coalition is not one of 1 to 32, or there are no such
            rules.
    """
    levels, ends = bias_table(coalition, rules)
    drawn = draws(derived(bias_seed, b"earmark/1 bias", b""), segments)
    return [next(level for level, end in zip(levels, ends, strict=True) if end > draw) for draw in drawn]


def bits(secret: bytes, recording_id: str, biases: Sequence[int], segments: Sequence[int]) -> list[int]:
    """Return the variants of a listener in ``segments``, 0 or 1.

    Args:
        secret: the listener's, 32 bytes.
        recording_id: what the codeword is bound to.
        biases: numerators over 65536, one for each of ``segments``.
        segments: their numbers.
    """
    drawn = draws(derived(secret, b"earmark/1 codeword", recording_id.encode()), segments)
    return [int(draw < bias) for draw, bias in zip(drawn, biases, strict=True)]


def effective(secret: bytes, nonce: bytes) -> bytes:
    """Return what a codeword in a call derives from: the secret committed to, and the nonce revealed after."""
    return derived(secret, b"earmark/1 call listener", nonce)


def derived(secret: bytes, label: bytes, context: bytes) -> bytes:
    """Return HKDF-SHA256 of ``secret`` with ``context`` as salt and ``label`` as info, 32 bytes."""
    if len(secret) != 32:
        raise ValueError("a secret has 32 bytes")
    return HKDF(algorithm=SHA256(), length=32, salt=context or None, info=label).derive(secret)


def draws(key: bytes, numbers: Sequence[int]) -> list[int]:
    """Return draws of 16 bits out of the AES-256 keystream of ``key``, those with ``numbers``, in any order."""
    blocks = sorted({number // DRAWS_PER_BLOCK for number in numbers})
    counters = b"".join(block.to_bytes(16, "big") for block in blocks)  # however far apart: a stranger may list any
    stream = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(counters)  # noqa: S305 - of counters, each once
    starts = {block: 16 * place for place, block in enumerate(blocks)}
    found = (starts[number // DRAWS_PER_BLOCK] + number % DRAWS_PER_BLOCK * 2 for number in numbers)
    return [int.from_bytes(stream[start : start + 2], "big") for start in found]


def bias_table(coalition: int, rules: int) -> tuple[list[int], list[int]]:
    """Return the biases of a coalition size as numerators over 65536, rising, and the ends of their shares."""
    if rules not in FAIR_QUARTERS:
        raise ValueError(f"there are no rules {rules}")
    if not 1 <= coalition <= LARGEST_COALITION:
        raise ValueError(f"a coalition has 1 to {LARGEST_COALITION} members, not {coalition}")
    degree = (coalition + 1) // 2
    zeros = sorted(legendre_zero(degree, number) for number in range(1, degree + 1))
    lower = [round(UNIT * (1 + zero) / 2) for zero in zeros]
    levels = [low if zero <= 0 else UNIT - mirror for zero, low, mirror in zip(zeros, lower, lower[::-1], strict=True)]
    shares = [share(degree, zero) for zero in zeros]
    return with_fair(dict(zip(levels, (one / sum(shares) for one in shares), strict=True)), FAIR_QUARTERS[rules] / 4)


def with_fair(weights: Mapping[int, float], fair: float) -> tuple[list[int], list[int]]:
    """Return the levels and the ends of their shares once a part of the segments has the bias 1/2."""
    mixed = {level: (1 - fair) * weight for level, weight in weights.items()}
    if fair:
        mixed[UNIT // 2] = mixed.get(UNIT // 2, 0.0) + fair
    levels = sorted(mixed)
    return levels, [round(UNIT * part) for part in accumulate(mixed[level] for level in levels)]


def legendre(degree: int, x: float) -> tuple[float, float]:
    """Return the Legendre polynomial of a degree and its derivative at ``x``, -1 < x < 1."""
    before, value = 1.0, x
    for k in range(2, degree + 1):
        before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
    return value, degree * (before - x * value) / (1 - x * x)


def legendre_zero(degree: int, number: int) -> float:
    """Return a zero of a Legendre polynomial by Newton's method; the middle one of an odd degree is 0."""
    if 2 * number == degree + 1:
        return 0.0
    x = cos(pi * (number - 0.25) / (degree + 0.5))
    for _ in range(50):
        value, slope = legendre(degree, x)
        x -= value / slope
    return x


def share(degree: int, zero: float) -> float:
    """Return the share of the bias of a zero, up to a common factor: its Gauss-Legendre weight / sqrt(1 - zero²)."""
    slope = legendre(degree, zero)[1]
    return 1 / ((1 - zero * zero) * slope * slope * sqrt(1 - zero * zero))
