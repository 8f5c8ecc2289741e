"""What chance of naming an innocent may be allowed."""

from earmark.errors import UsageError

DEFAULT_BOUND = 1e-6

LOOSEST_BOUND = 1e-3
"""One in a thousand: the largest chance that may be allowed.

Above it a name is no evidence but a suspicion with a number, and all names together a ranking of suspects. What looser
bounds would give is for tests of the theorem, which call ``codes.accusation`` themselves.
"""

TIGHTEST_BOUND = 1e-300
"""Shares of less would be none, as floating point has it."""


def require_bound(family_wise: float) -> None:
    """Raise a UsageError unless an innocent may be named with such a chance."""
    if not TIGHTEST_BOUND <= family_wise < 1:
        raise UsageError(
            f"a bound lies between 0 and 1 (and above 1e-300), not at {family_wise}", "The default is 1e-6."
        )
    if family_wise > LOOSEST_BOUND:
        raise UsageError(
            f"a bound is at most one in a thousand, not {family_wise:g}: more would make names a list of suspects",
            "The default is 1e-6, and the largest 1e-3. If nobody is named by that, look for more of the leak.",
        )
