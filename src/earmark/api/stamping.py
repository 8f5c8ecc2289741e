"""Having the ledger stamped by a time stamp authority, and checking its stamps."""

import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

from cryptography.x509 import Certificate

from earmark.errors import EarmarkError, UsageError
from earmark.records.ledger.stamps import (
    MAX_REPLY_BYTES,
    REPLY_TYPE,
    REQUEST_TYPE,
    read_roots,
    request_for,
    stamped_at,
)
from earmark.records.vault import Vault

TIMEOUT_S = 20.0


@dataclass(frozen=True)
class LedgerStamped:
    """A time stamp of the ledger.

    Attributes:
        entries: how many entries the ledger had.
        stamped_at: the moment that the authority gives.
        authority: its address.
    """

    entries: int
    stamped_at: datetime
    authority: str


@dataclass(frozen=True)
class StampChecked:
    """A time stamp that was checked.

    Attributes:
        entries: how many entries the ledger had.
        stamped_at: the moment that it gives; None where it does not hold.
        by_roots: whether it was checked that it goes back to certificates that are trusted.
        what: what is wrong with it; empty where it holds.
    """

    entries: int
    stamped_at: datetime | None
    by_roots: bool
    what: str


def stamp_ledger(vault: Vault, authority: str, *, roots: Path | None = None) -> LedgerStamped:
    """Have the ledger's head stamped. The authority is sent a hash, and nothing else. Takes no key.

    Args:
        vault: keeps the stamp.
        authority: its address, http or https.
        roots: PEM file with the certificates that the stamp has to go back to; None to leave that for later.

    Raises:
        UsageError: the address or the file makes no sense.
        EarmarkError: the authority cannot be reached, or its answer does not hold.
    """
    trusted = read_roots(roots) if roots is not None else []
    head = vault.ledger.head()
    reply = _asked(authority, request_for(head))
    try:
        moment = stamped_at(reply, head, trusted)
    except ValueError as error:
        raise EarmarkError(f"{authority} has not stamped the ledger: {error}", "Try another authority.") from error
    vault.add_stamp(head.size, reply)
    return LedgerStamped(head.size, moment, authority)


def check_stamps(vault: Vault, roots: Path | None = None) -> tuple[StampChecked, ...]:
    """Check the stamps of a ledger that holds.

    Args:
        vault: has them.
        roots: PEM file with the certificates that they have to go back to; None to leave that unchecked.

    Raises:
        UsageError: there are no certificates in the file.
    """
    trusted = read_roots(roots) if roots is not None else []
    return tuple(_checked(vault, size, token, trusted) for size, token in vault.stamps())


def _checked(vault: Vault, size: int, token: bytes, trusted: Sequence[Certificate]) -> StampChecked:
    try:
        moment = stamped_at(token, vault.ledger.head(size), trusted)
    except (ValueError, EarmarkError) as error:
        return StampChecked(size, None, by_roots=bool(trusted), what=f"of the ledger's first {size} entries: {error}")
    return StampChecked(size, moment, by_roots=bool(trusted), what="")


def _asked(authority: str, request: bytes) -> bytes:
    if urlsplit(authority).scheme not in {"http", "https"}:
        raise UsageError(f"{authority!r} is no address of an authority", "It starts with https:// or http://.")
    asked = urllib.request.Request(  # noqa: S310 - the scheme is checked
        authority, data=request, headers={"Content-Type": REQUEST_TYPE, "Accept": REPLY_TYPE}
    )
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as reply:  # noqa: S310
            data = reply.read(MAX_REPLY_BYTES + 1)
    except (URLError, OSError, ValueError) as error:
        raise EarmarkError(f"{authority} cannot be asked for a time stamp: {error}", "Is the address right?") from error
    return bytes(data)
