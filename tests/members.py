"""Members of a call as a test needs them: with a device that signs, and a nonce of their own."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earmark.api.finding import DETECTOR
from earmark.records.calls.entries import NewCall
from earmark.records.listeners import Listener
from earmark.records.vault import Vault

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
NOTICE = "Every listener of this call hears a copy of their own."


class Clock:
    """A vault's clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Member:
    id: str
    device: Ed25519PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        seed = hashlib.sha256(b"device of " + self.id.encode()).digest()
        object.__setattr__(self, "device", Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public_key(self) -> bytes:
        return self.device.public_key().public_bytes_raw()

    def nonce(self, time: int = 0) -> bytes:
        return hashlib.sha256(f"nonce {time} of {self.id}".encode()).digest()

    def receipt(self, call_id: str, *, time: int = 0, **changes: object) -> str:
        facts: dict[str, object] = {
            "schema": "earmark.receipt/1",
            "call": call_id,
            "member": self.id,
            "notice_sha256": hashlib.sha256(NOTICE.encode()).hexdigest(),
            "ledger_root": "ab" * 32,
            "nonce": base64url(self.nonce(time)),
            "challenge": base64url(b"challenge"),
        }
        return json.dumps(facts | changes)

    def consent(self, vault: Vault, call_id: str, *, time: int = 0, **changes: object) -> bytes:
        shown: dict[str, object] = {"ledger_root": vault.ledger.head().root.hex()}
        receipt = self.receipt(call_id, time=time, **shown | changes)
        return vault.calls.consent(
            call_id,
            self.id,
            nonce=self.nonce(time),
            receipt=receipt,
            signature=self.device.sign(receipt.encode()),
            device=self.public_key,
        )

    def join(self, vault: Vault, call_id: str, **changes: str) -> None:
        """Consent and be let in."""
        self.consent(vault, call_id, time=0, **changes)
        vault.calls.admitted(call_id, self.id)


def short_call(vault: Vault, wait: Callable[[float], None] = lambda _: None, title: str = "Board") -> str:
    """Hold a call: anna is there for ten minutes, ben comes and speaks for two of them, dora never comes.

    Returns:
        the call's id.
    """
    people = [Listener("anna", "Anna Weiss"), Listener("ben", "Ben"), Listener("dora", "Dora")]
    rules = {"encoded_transform": True, "known_devices_only": False, "listen_only": False, "max_members": 50}
    new = NewCall(
        title=title, rules=rules, detector=DETECTOR, depth=0.3, slot_ms=30, segment_ms=240, classification="secret"
    )
    made = vault.calls.create(new, people)
    vault.calls.invite(made.id, "anna", hashlib.sha256(made.id.encode()).digest(), host=True)
    Member("anna").join(vault, made.id)
    wait(60)
    Member("ben").join(vault, made.id)
    stream = vault.calls.open_stream(made.id, "ben", b"k" * 32)
    vault.calls.open_block(made.id, stream)
    wait(120)
    vault.calls.close_stream(made.id, stream, 250)
    vault.calls.left(made.id, "ben")
    wait(420)
    vault.calls.end(made.id)
    return made.id
