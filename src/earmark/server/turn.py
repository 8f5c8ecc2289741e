"""Servers that help browsers to find a way through networks, and what lets a member use them for a day.

TURN servers take passwords that they can compute themselves from a secret they share with this one (coturn's
``use-auth-secret``; draft-uberti-behave-turn-rest-00): the user name is the time until which it holds, and the password
is HMAC-SHA1 of that. No such server can hear anything: what it relays is sealed twice over.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from earmark.call.replies import IceServer
from earmark.errors import UsageError

HOLDS_S = 24 * 3600
KINDS = ("stun:", "stuns:", "turn:", "turns:")


@dataclass(frozen=True)
class Helpers:
    """The servers that are configured; none contacts any other.

    Attributes:
        urls: such as "turn:turn.example:3478?transport=udp".
        secret: shared with the TURN servers among them; empty where there are none.
        clock: gives the time in seconds since 1970.
    """

    urls: Sequence[str]
    secret: bytes = field(repr=False)
    clock: Callable[[], float]

    def for_somebody(self) -> tuple[IceServer, ...]:
        """Return what one member's browser is told of them."""
        stun = [url for url in self.urls if url.startswith("stun")]
        turn = [url for url in self.urls if not url.startswith("stun")]
        servers = [IceServer(urls=stun)] if stun else []
        if turn:
            username = str(int(self.clock() + HOLDS_S))
            password = hmac.digest(self.secret, username.encode(), "sha1")
            servers.append(IceServer(urls=turn, username=username, credential=b64encode(password).decode()))
        return tuple(servers)


def helpers(urls: Sequence[str], secret_file: Path | None, clock: Callable[[], float]) -> Helpers:
    """Return the servers that are configured.

    Args:
        urls: their addresses.
        secret_file: holds the secret that the TURN servers among them share with this one, in one line.
        clock: gives the time in seconds since 1970.

    Raises:
        UsageError: an address makes no sense, or the secret is missing.
    """
    strange = [url for url in urls if not url.startswith(KINDS)]
    if strange:
        raise UsageError(f"{strange[0]!r} is no STUN or TURN server", "Such as turn:turn.example:3478.")
    if any(url.startswith("turn") for url in urls) and secret_file is None:
        raise UsageError("a TURN server needs the secret it shares with this one", "Set turn_secret_file.")
    return Helpers(tuple(urls), _read(secret_file) if secret_file else b"", clock)


def _read(file: Path) -> bytes:
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "Check turn_secret_file.") from error
    if not secret:
        raise UsageError(f"there is no secret in {file}", "Put the TURN server's static-auth-secret there.")
    return secret
