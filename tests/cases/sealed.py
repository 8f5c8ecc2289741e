"""Sealed bundles, with a ledger made for them on the spot."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.cases.records import RECORDING, Leaked

from earmark.cases.bundle import Bundle, File, ListenerOpening, Openings, Seal, Statement, read, stated, written
from earmark.cases.evidence import Evidence
from earmark.records.ledger.commitments import BIAS_SEED, MARK_KEY, commitment, listener_hash
from earmark.records.ledger.entries import Entry
from earmark.records.ledger.heads import sign_head
from earmark.records.ledger.merkle import inclusion_path, tree_root
from earmark.records.ledger.proofs import Inclusion

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
MARK = bytes(range(64, 96))
CASE = "c-abcdefgh"
EXHIBIT = b"exhibit"


def ledger(acts: Sequence[tuple[str, dict[str, Any]]]) -> list[Entry]:
    """Return chained entries, a second apart."""
    entries: list[Entry] = []
    for index, (kind, body) in enumerate(acts):
        previous = entries[-1].hash.hex() if entries else ""
        entries.append(Entry(index, kind, moment(index), previous, body))
    return entries


def moment(index: int) -> str:
    """Return when the entry at ``index`` was made."""
    return f"2026-11-23T09:{index // 60:02}:{index % 60:02}.000000Z"


def seal(entries: Sequence[Entry], kept: Sequence[int], key: Ed25519PrivateKey = KEY) -> Seal:
    """Return the seal with some of the entries."""
    hashes = [entry.hash for entry in entries]
    pairs = [(entries[i], Inclusion(i, len(hashes), tuple(inclusion_path(hashes, i)))) for i in kept]
    return Seal(sign_head(key, len(hashes), tree_root(hashes), entries[-1].time), tuple(pairs))


@dataclass(frozen=True)
class Made:
    """A case made without a vault; what a test wants to be wrong can be replaced."""

    leaked: Leaked = field(default_factory=Leaked)
    files: tuple[File, ...] = ()
    mark_key: bytes | None = None
    made_by: str = "earmark 0.1.0"

    @property
    def evidence(self) -> Evidence:
        return self.leaked.evidence(EXHIBIT, hashlib.sha256(EXHIBIT).hexdigest())

    @property
    def leaves(self) -> list[bytes]:
        return [listener_hash(RECORDING, name, secret) for name, secret in self.leaked.secrets.items()]

    def openings(self, evidence: Evidence) -> Openings:
        names, leaves = self.leaked.ids, self.leaves
        opened = tuple(
            ListenerOpening(
                listener=one.listener,
                secret=self.leaked.secrets[one.listener].hex(),
                index=names.index(one.listener),
                size=len(leaves),
                path=tuple(part.hex() for part in inclusion_path(leaves, names.index(one.listener))),
            )
            for one in evidence.accusations
        )
        seed = self.leaked.seed.hex() if opened else None
        return Openings(bias_seed=seed, listeners=opened, mark_key=self.mark_key.hex() if self.mark_key else None)

    def statement(self) -> Statement:
        evidence = self.evidence
        return Statement(
            case=CASE,
            title="The leak",
            made_at=moment(self.leaked.listeners + 3),
            made_by=self.made_by,
            evidence=evidence,
            openings=self.openings(evidence),
            files=self.files,
        )

    def acts(self, statement: Statement) -> list[tuple[str, dict[str, Any]]]:
        evidence = statement.evidence
        recording = evidence.recording
        assert recording is not None
        sha256 = evidence.exhibit.sha256
        return [
            (
                "vault-made",
                {"vault": "00" * 8, "public_key": KEY.public_key().public_bytes_raw().hex(), "adopted": False},
            ),
            (
                "recording-marked",
                {
                    "recording": RECORDING,
                    "input_sha256": recording.input_sha256,
                    "detector": recording.detector,
                    "coalition": recording.coalition,
                    "segment_ms": recording.grid.segment_ms,
                    "segments": recording.grid.segments,
                    "mark_key_commitment": commitment(MARK_KEY, RECORDING, MARK).hex(),
                    "bias_seed_commitment": commitment(BIAS_SEED, RECORDING, self.leaked.seed).hex(),
                    "listeners": len(self.leaves),
                    "listeners_root": tree_root(self.leaves).hex(),
                    "adopted": False,
                },
            ),
            *(
                ("copy-given", {"recording": RECORDING, "listener": name, "sha256": "ef" * 32, "adopted": False})
                for name in self.leaked.ids
            ),
            ("exhibit-received", {"sha256": sha256, "size": evidence.exhibit.bytes}),
            (
                "trace-run",
                {
                    "exhibit": sha256,
                    "verdict": evidence.verdict,
                    "bound": evidence.family_wise,
                    "recording": RECORDING,
                    "named": [
                        {"listener": one.listener, "false_accusation_log10": one.bound_log10}
                        for one in evidence.accusations
                    ],
                },
            ),
            ("key-opened", {"recordings": [RECORDING], "keys": ["listener-secrets"], "purpose": "case"}),
        ]

    def sealed(self, statement: Statement | None = None, acts: list[tuple[str, dict[str, Any]]] | None = None) -> bytes:
        """Return the bundle's bytes; entries about copies of others than those named are left out."""
        statement = statement or self.statement()
        text = stated(statement)
        made = {
            "case": statement.case,
            "exhibit": statement.evidence.exhibit.sha256,
            "statement_sha256": hashlib.sha256(text).hexdigest(),
            "verdict": statement.evidence.verdict,
        }
        entries = ledger([*(self.acts(statement) if acts is None else acts), ("case-made", made)])
        named = {one.listener for one in statement.evidence.accusations}
        kept = [e.index for e in entries if e.kind != "copy-given" or e.body["listener"] in named]
        return written(text, seal(entries, kept))

    def bundle(self) -> Bundle:
        return read(self.sealed())

    def with_mark_key(self) -> "Made":
        return replace(self, mark_key=MARK)
