"""Ways of opening a vault: its vault key, encrypted under what somebody holds. There may be several at once.

A *passphrase* goes through Argon2id (RFC 9106). A *key*, from a file or the environment, is derived from. *Officers*
are the two-person rule: for every two of them there is a way, under a key derived from both of theirs, and one alone
has nothing. In the *open* the vault key lies as it is.

The vault key is encrypted with AES-256-GCM-SIV. The associated data are the vault, the kind and its settings, so that a
way cannot be passed off as another, or be weakened.
"""

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from earmark.errors import UsageError, VaultError
from earmark.keys import SECRET_BYTES, derive
from earmark.records.protection.keyfiles import OfficerKey

Kind = Literal["passphrase", "key", "officers", "open"]
Randomness = Callable[[int], bytes]

KEY_LABEL = "earmark/1 way of a key"
OFFICER_LABEL = "earmark/1 way of an officer"
PAIR_LABEL = "earmark/1 way of two officers"
WAY_LABEL = "earmark/1 way"
NONCE_BYTES = 12
SALT_BYTES = 16
ID_BYTES = 4
SHORTEST_PASSPHRASE = 8
MAX_OFFICERS = 20
MAX_MEMORY_KIB = 2**22
MAX_ITERATIONS = 64
MAX_LANES = 64


@dataclass(frozen=True)
class Cost:
    """What guessing a passphrase costs, each time.

    Attributes:
        memory_kib: kibibytes of memory.
        iterations: passes over it.
        lanes: how much of that may be done at once.
    """

    memory_kib: int = 2**16
    iterations: int = 3
    lanes: int = 4


@dataclass(frozen=True)
class ByPassphrase:
    """A new way: whoever knows a passphrase.

    Raises:
        UsageError: it is too short.
    """

    passphrase: str = field(repr=False)
    cost: Cost = Cost()

    def __post_init__(self) -> None:
        if len(self.passphrase) < SHORTEST_PASSPHRASE:
            raise UsageError(
                f"a passphrase has at least {SHORTEST_PASSPHRASE} characters", "Five or six random words are good."
            )


@dataclass(frozen=True)
class ByKey:
    """A new way: whoever has a key of 32 bytes; ``name`` is for people, such as where the key is."""

    key: bytes = field(repr=False)
    name: str = ""


@dataclass(frozen=True)
class ByOfficers:
    """A new way: any two of some officers.

    Raises:
        UsageError: they are fewer than two, too many, or two have one name.
    """

    officers: tuple[OfficerKey, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.officers) <= MAX_OFFICERS:
            raise UsageError(f"2 to {MAX_OFFICERS} officers are needed, not {len(self.officers)}")
        if len({officer.name.casefold() for officer in self.officers}) < len(self.officers):
            raise UsageError("two officers have the same name", "Give every officer a name of their own.")


@dataclass(frozen=True)
class InTheOpen:
    """No protection: whoever has the vault's files can open it."""


NewWay: TypeAlias = ByPassphrase | ByKey | ByOfficers | InTheOpen


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way of opening the vault.

    Attributes:
        id: "w-" and eight digits.
        kind: what it takes.
        name: for people.
        settings: what one has to know to use it, in JSON; not secret.
        sealed: the vault key, encrypted; or as it is, in the open.
        made_at: when.
    """

    id: str
    kind: Kind
    name: str
    settings: str
    sealed: bytes = field(repr=False)
    made_at: datetime


def make_ways(new: NewWay, vault_key: bytes, vault_id: str, randomness: Randomness, now: datetime) -> list[Way]:
    """Encrypt the vault key: one way, or one for every two officers."""

    def way(kind: Kind, name: str, settings: dict[str, object], key: bytes | None) -> Way:
        text = json.dumps(settings, sort_keys=True)
        sealed = vault_key if key is None else _encrypt(key, vault_key, _bound(vault_id, kind, text), randomness)
        return Way(
            id=f"w-{randomness(ID_BYTES).hex()}", kind=kind, name=name, settings=text, sealed=sealed, made_at=now
        )

    match new:
        case ByPassphrase(passphrase, cost):
            settings = vars(cost) | {"salt": randomness(SALT_BYTES).hex()}
            return [way("passphrase", "", settings, _from_passphrase(passphrase, json.dumps(settings)))]
        case ByKey(key, name):
            return [way("key", name, {}, derive(key, KEY_LABEL, vault_id.encode()))]
        case ByOfficers(officers):
            pairs = combinations(sorted(officers, key=lambda officer: officer.id), 2)
            return [
                way("officers", f"{a.name} and {b.name}", {"officers": [a.id, b.id]}, _from_pair(a, b, vault_id))
                for a, b in pairs
            ]
        case InTheOpen():
            return [way("open", "", {}, None)]


def open_with_passphrase(way: Way, passphrase: str, vault_id: str) -> bytes | None:
    """Return the vault key; None if the passphrase is wrong."""
    return _decrypt(_from_passphrase(passphrase, way.settings), way, vault_id)


def open_with_key(way: Way, key: bytes, vault_id: str) -> bytes | None:
    """Return the vault key; None if the key is another's."""
    return _decrypt(derive(key, KEY_LABEL, vault_id.encode()), way, vault_id)


def open_with_officers(ways: Sequence[Way], officers: Sequence[OfficerKey], vault_id: str) -> bytes | None:
    """Return the vault key if any two of ``officers`` are officers of this vault; None otherwise."""
    pairs = {_pair(way): way for way in ways if way.kind == "officers"}
    for a, b in combinations(sorted(officers, key=lambda officer: officer.id), 2):
        way = pairs.get((a.id, b.id))
        vault_key = _decrypt(_from_pair(a, b, vault_id), way, vault_id) if way else None
        if vault_key is not None:
            return vault_key
    return None


def officer_ids(ways: Sequence[Way]) -> set[str]:
    """Return the ids of all officers' keys."""
    return {one for way in ways if way.kind == "officers" for one in _pair(way)}


def _pair(way: Way) -> tuple[str, ...]:
    try:
        return tuple(map(str, json.loads(way.settings)["officers"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(way.kind) from error


def _damaged(kind: Kind) -> VaultError:
    return VaultError(f"the vault's way of opening it by {kind} is damaged", "Bring the vault back from a backup.")


def _from_passphrase(passphrase: str, settings: str) -> bytes:
    try:
        facts = json.loads(settings)
        memory, iterations, lanes = (
            _within(facts[name], most)
            for name, most in (("memory_kib", MAX_MEMORY_KIB), ("iterations", MAX_ITERATIONS), ("lanes", MAX_LANES))
        )
        salt = bytes.fromhex(facts["salt"])
        derived = Argon2id(salt=salt, length=SECRET_BYTES, iterations=iterations, lanes=lanes, memory_cost=memory)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise _damaged("passphrase") from error
    return derived.derive(unicodedata.normalize("NFC", passphrase).encode(errors="surrogateescape"))


def _within(value: object, most: int) -> int:
    if not isinstance(value, int) or not 0 < value <= most:
        raise ValueError(f"{value} is not between 1 and {most}")
    return value


def _from_pair(a: OfficerKey, b: OfficerKey, vault_id: str) -> bytes:
    """Derive from both keys: HKDF keyed by one's derived key, salted with the other's."""
    first, second = (derive(officer.key, OFFICER_LABEL, vault_id.encode()) for officer in (a, b))
    return derive(first, PAIR_LABEL, second)


def _bound(vault_id: str, kind: Kind, settings: str) -> bytes:
    return "\x00".join((WAY_LABEL, vault_id, kind, settings)).encode()


def _encrypt(key: bytes, vault_key: bytes, bound: bytes, randomness: Randomness) -> bytes:
    nonce = randomness(NONCE_BYTES)
    return nonce + AESGCMSIV(key).encrypt(nonce, vault_key, bound)


def _decrypt(key: bytes, way: Way, vault_id: str) -> bytes | None:
    nonce, text = way.sealed[:NONCE_BYTES], way.sealed[NONCE_BYTES:]
    try:
        return AESGCMSIV(key).decrypt(nonce, text, _bound(vault_id, way.kind, way.settings))
    except (InvalidTag, ValueError):
        return None
