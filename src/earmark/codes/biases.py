"""Biases: how often the copies of a recording carry variant 1, segment by segment.

Codes that survive collusion give every segment a bias of its own. Nuida et al. [1] found the best finite set of
biases for a stated coalition size ``c``: with ``t = ceil(c / 2)`` and ``ξ`` the zeros of the Legendre polynomial of
degree ``t``, the biases are ``(1 + ξ) / 2``, each with a weight proportional to ``w / sqrt(1 - ξ²)``, where ``w`` is
the Gauss-Legendre weight of ``ξ``. One or two colluders need the bias 1/2 only; three or four .2113 and .7887.

Most leaks have one source, and the bias 1/2 names it soonest. So three segments of four are *fair*, with the bias 1/2,
and one of four has a bias against coalitions. Against joint decoders that costs little: of eleven ways in which two to
four may collude, nine need no more segments than with biases for four alone, and a single leaker a fourth less
(``bench/code_lengths.py``). Recordings marked by the first rules have no fair share.

A bias is kept as a threshold ``t`` of 16 bits and is exactly ``t / 65536``, so that the probabilities that enter a
proof are exact numbers, and a second implementation agrees on them (``tests/vectors/codebook.json``).

[1] K. Nuida et al., "An improvement of discrete Tardos fingerprinting codes", Designs, Codes and Cryptography 52
(2009), 339-362, definition 2 and proposition 3.
"""

import numpy as np
import numpy.typing as npt

from earmark.keys import BLOCK_BYTES, derive, keystream

UNIT = 1 << 16
MAX_COALITION = 32
RULES = 2
FAIR_SHARES = {1: 0.0, 2: 0.75}
"""What part of the segments is fair, by the rules that a recording was marked by."""

Thresholds = npt.NDArray[np.uint16]
_DRAWS_PER_BLOCK = BLOCK_BYTES // 2


def nuida_distribution(coalition: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the biases for a coalition size, in rising order, and the weight of each.

    Args:
        coalition: how many colluders the code is made for, 1 to 32.

    Raises:
        ValueError: ``coalition`` is out of range.
    """
    if not 1 <= coalition <= MAX_COALITION:
        raise ValueError(f"a coalition has 1 to {MAX_COALITION} members, not {coalition}")
    zeros, gauss = np.polynomial.legendre.leggauss((coalition + 1) // 2)
    weights = gauss / np.sqrt(1 - zeros**2)
    return (1 + zeros) / 2, weights / weights.sum()


def bias_distribution(coalition: int, rules: int = RULES) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the biases, in rising order, and the weight of each, the fair share included.

    Raises:
        ValueError: ``coalition`` is out of range, or there are no such rules.
    """
    if rules not in FAIR_SHARES:
        raise ValueError(f"there are no rules {rules} for biases")
    fair = FAIR_SHARES[rules]
    points, weights = nuida_distribution(coalition)
    points, which = np.unique([*points, *([0.5] if fair else [])], return_inverse=True)
    shares = [*((1 - fair) * weights), *([fair] if fair else [])]
    return points, np.bincount(which, shares).astype(np.float64)


def bias_table(coalition: int, rules: int = RULES) -> tuple[Thresholds, npt.NDArray[np.int64]]:
    """Return the biases as thresholds, symmetric around 1/2, and the upper ends of their shares of [0, 65536)."""
    points, weights = bias_distribution(coalition, rules)
    lower = np.rint(points * UNIT).astype(np.int64)
    thresholds = np.where(points <= 0.5, lower, UNIT - lower[::-1])
    return thresholds.astype(np.uint16), np.rint(np.cumsum(weights) * UNIT).astype(np.int64)


def draws(key: bytes, first: int, count: int) -> Thresholds:
    """Return draws ``first`` to ``first + count`` of ``key``: its keystream as big-endian numbers of 16 bits."""
    block = first // _DRAWS_PER_BLOCK
    blocks = -(-(first + count) // _DRAWS_PER_BLOCK) - block
    skipped = first - block * _DRAWS_PER_BLOCK
    return np.frombuffer(keystream(key, block, blocks), dtype=">u2")[skipped : skipped + count]


def draw_biases(bias_seed: bytes, coalition: int, first_segment: int, segments: int, rules: int = RULES) -> Thresholds:
    """Return the biases of ``segments`` segments from ``first_segment`` on, as thresholds.

    The draw ``u`` of a segment (``draws`` of the key "earmark/1 bias" under ``bias_seed``) picks the first bias whose
    share ends above ``u``.

    Returns:
        Shape (segments,); the bias of a segment is its threshold / 65536.
    """
    thresholds, ends = bias_table(coalition, rules)
    drawn = draws(derive(bias_seed, "earmark/1 bias"), first_segment, segments)
    picked: Thresholds = thresholds[np.searchsorted(ends, drawn, side="right")]
    return picked
