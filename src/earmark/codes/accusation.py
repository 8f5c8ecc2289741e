"""Accusation: who is named, and the proof that it is hardly ever an innocent.

**Theorem.** Let ``n`` listeners have codewords whose bits are independent, ``P(x_ui = 1) = p_i``. Let evidence ``e`` be
any random element (any codec, attack, number of colluders, evidence function) such that every innocent listener's
codeword is independent of (``e``, all other codewords). Let *tests* be given by a decoder and a set ``W`` of ``s``
companions; the scores of a test, whole numbers ``d_i``, are any function of ``e``, the biases and the codewords of
``W``, and so is the weight ``w ≥ 0`` of a decoder and depth ``s``, a function of ``e`` and the biases alone, where all
weights sum up to at most 1. Let ``B(g)`` be at least the chance that independent bits with biases ``p`` reach a deficit
of at most ``g`` (``tails``). Name listener ``u`` if for some test with ``u`` not in ``W``

    n · C(n − 1, s) · trials · B(deficit of u) / w  ≤  ε.

Several attempts may be made (at places in the leak, say), each with a share ``1 / trials`` of the allowed chance; the
shares are functions of ``e`` alone and add up to at most 1. Then the probability that any innocent listener is named,
in all attempts together, is at most ``ε``, whatever the guilty did and however many they are.

**Proof.** Fix an attempt, an innocent ``u``, a decoder and companions ``W`` without ``u``. Given ``e`` and the
codewords of ``W``, the scores are fixed and ``u``'s bits are still independent with biases ``p``; so the deficit ``G``
of ``u`` has the distribution function ``F ≤ B``, and ``P(B(G) ≤ t) ≤ P(F(G) ≤ t) ≤ t``. With
``t = ε w / (n C(n − 1, s) trials)``, sum over the at most ``n`` innocents, the ``C(n − 1, s)`` sets, all decoders and
depths, and the attempts (the union bound): at most ``Σ w ε ≤ ε``, given ``e``, hence altogether. Which tests are
really computed may depend on anything: leaving some out names fewer. ∎

The bound that goes with a name is the left side, the smallest over the tests that were computed.

**Conditions**, each of which somebody must see to:

1. Bits are independent given the biases. They are keyed functions of independent secrets (``codebook``; HKDF and AES
   as pseudo-random functions), a segment counts once, and secrets of innocents stay secret.
2. The codebook is fixed before anything is given out, so that the owner cannot fit it to a leak.
3. Evidence is frozen before the codebook is read. The modules that listen cannot import those that know who has what.
4. All attempts count: whatever other piece of evidence from a leak is, or might have been, tried has a share too.
5. Nothing of an innocent's copy has got into the leak: else their codeword is not independent of ``e``. In a call it
   can, with nobody's doing: what their loudspeaker plays comes back through a microphone that others hear, in their
   variants, and is in the copy of whoever leaks. Headphones see to it, or the browser's echo cancellation; where it may
   have happened through their own microphone, ``api.own_words`` tells.

**Sources.** Codes whose innocent scores are independent given the pirate copy: G. Tardos, "Optimal probabilistic
fingerprint codes", STOC 2003 and J. ACM 55 (2008). The biases: Nuida et al. 2009 (``biases``). The bound: Chernoff 1952
(``tails``). Likelihood decoders, side information: Furon, Meerwald, Laarhoven (``decoders``). Tardos' and later length
formulas, and normal approximations of the tail, are not used anywhere: they are too loose, or not bounds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

from earmark.codes.codebook import Rows
from earmark.codes.decoders import fit_bank
from earmark.codes.lineup import LineUp

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Accusation:
    """A listener named.

    Attributes:
        index: which one, in the order of the codewords.
        false_accusation_log10: decimal logarithm of a bound on the chance that anybody innocent is named like this.
    """

    index: int
    false_accusation_log10: float


def accuse(
    rows: Rows,
    biases: Floats,
    soft: Floats,
    amplitude: Floats | None = None,
    *,
    family_wise: float = 1e-6,
    trials: float = 1,
    done: Callable[[float], None] = lambda _: None,
) -> list[Accusation]:
    """Return the listeners whose copies the evidence names, the surest first; nothing about anybody else.

    Args:
        rows: the codewords at the segments heard, shape (n, m), such as ``Codebook.rows`` returns.
        biases: shape (m,), the exact probability of variant 1 in each segment, in (0, 1).
        soft: shape (m,), the evidence, positive for variant 1, in units of its noise.
        amplitude: shape (m,), >= 0, what the evidence of each segment might reach, itself part of the evidence; None
            where nothing is known.
        family_wise: the allowed chance that any innocent is named, in (0, 1).
        trials: 1 over the share of that chance which this piece of evidence has; how many there are if all are alike.
        done: told now and then how much of the work is done, rising to at most 1.

    Raises:
        ValueError: shapes do not match, or numbers are out of range.
    """
    _check(rows, biases, soft)
    if not 0 < family_wise < 1 or trials < 1:
        raise ValueError(f"family_wise is between 0 and 1 and trials at least 1, not {family_wise} and {trials}")
    if not soft.size or not len(rows):
        return []
    line_up = LineUp(rows, biases, trials, log(family_wise), done)
    bounds = line_up.hold(fit_bank(soft, amplitude, biases))
    surest_first = sorted(bounds.items(), key=lambda found: (found[1], found[0]))
    return [Accusation(index, bound / log(10)) for index, bound in surest_first]


def _check(rows: Rows, biases: Floats, soft: Floats) -> None:
    """Refuse codewords, biases and evidence that do not belong together."""
    if not rows[:0].shape[1:] == biases.shape == soft.shape:
        raise ValueError(f"codewords, {biases.shape} biases and {soft.shape} evidence do not match")
    if not ((biases > 0) & (biases < 1)).all():
        raise ValueError("a bias lies between 0 and 1")
