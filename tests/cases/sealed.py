"""Sealed bundles, with a ledger made for them on the spot."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.cases.records import STREAMS, Leaked

from earmark.cases.bundle import (
    Bundle,
    File,
    ListenerOpening,
    Openings,
    ReceiptOpening,
    Seal,
    Statement,
    StreamKey,
    read,
    stated,
    written,
)
from earmark.cases.evidence import Evidence
from earmark.records.ledger.commitments import BIAS_SEED, MARK_KEY, commitment, listener_hash, stream_name
from earmark.records.ledger.entries import Entry
from earmark.records.ledger.heads import sign_head
from earmark.records.ledger.merkle import inclusion_path, tree_root
from earmark.records.ledger.proofs import Inclusion

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
MARK = bytes(range(64, 96))
CASE = "c-abcdefgh"
EXHIBIT = b"exhibit"
MENTIONING = {"copy-given", "person-consented", "person-admitted"}

Acts = list[tuple[str, dict[str, Any]]]


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


def device(listener: str) -> Ed25519PrivateKey:
    """Return the key of a member's device."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(listener.encode()).digest())


@cache
def evidence_of(leaked: Leaked) -> Evidence:
    """Return the evidence of a leak, computed once."""
    return leaked.evidence(EXHIBIT, hashlib.sha256(EXHIBIT).hexdigest())


@dataclass(frozen=True)
class Made:
    """A case made without a vault; what a test wants to be wrong can be replaced."""

    leaked: Leaked = field(default_factory=Leaked)
    files: tuple[File, ...] = ()
    mark_key: bytes | None = None
    made_by: str = "earmark 0.1.0"

    @property
    def evidence(self) -> Evidence:
        return evidence_of(self.leaked)

    @property
    def leaves(self) -> list[bytes]:
        call = self.leaked.recording
        return [listener_hash(call, name, secret) for name, secret in self.leaked.secrets.items()]

    def openings(self, evidence: Evidence) -> Openings:
        names, leaves = self.leaked.ids, self.leaves
        opened = tuple(
            ListenerOpening(
                listener=one.listener,
                secret=self.leaked.secrets[one.listener].hex(),
                index=names.index(one.listener),
                size=len(leaves),
                path=tuple(part.hex() for part in inclusion_path(leaves, names.index(one.listener))),
                receipt=self.receipt(one.listener) if self.leaked.of_call else None,
            )
            for one in evidence.accusations
        )
        seed = self.leaked.seed.hex() if opened else None
        key = self.mark_key.hex() if self.mark_key else None
        if not self.leaked.of_call:
            return Openings(bias_seed=seed, listeners=opened, mark_key=key, stream_keys=())
        keys = tuple(StreamKey(stream=one.stream, mark_key=key) for one in STREAMS) if key else ()
        return Openings(bias_seed=seed, listeners=opened, mark_key=None, stream_keys=keys)

    def receipt(self, listener: str) -> ReceiptOpening:
        """Return what a member signs, who is shown the ledger with the call's opening."""
        hashes = [entry.hash for entry in ledger(self.beginning())]
        facts = {
            "schema": "earmark.receipt/1",
            "call": self.leaked.recording,
            "member": listener,
            "notice_sha256": "ab" * 32,
            "ledger_root": tree_root(hashes).hex(),
            "nonce": base64.urlsafe_b64encode(self.leaked.nonces[listener]).rstrip(b"=").decode(),
            "challenge": "Y2hhbGxlbmdl",
        }
        text = json.dumps(facts)
        path = tuple(part.hex() for part in inclusion_path(hashes, 1))
        signature = device(listener).sign(text.encode()).hex()
        return ReceiptOpening(text=text, signature=signature, size=len(hashes), path=path)

    def statement(self) -> Statement:
        evidence = self.evidence
        kinds = [kind for kind, _ in self.acts_of(evidence)]
        return Statement(
            case=CASE,
            title="The leak",
            made_at=moment(kinds.index("trace-run")),
            made_by=self.made_by,
            evidence=evidence,
            openings=self.openings(evidence),
            files=self.files,
        )

    def beginning(self) -> Acts:
        """Return what comes before anybody hears anything."""
        founding = {"vault": "00" * 8, "public_key": KEY.public_key().public_bytes_raw().hex(), "adopted": False}
        recording = self.evidence.recording
        assert recording is not None
        body: dict[str, Any] = {
            "recording": recording.id,
            "detector": recording.detector,
            "coalition": recording.coalition,
            "segment_ms": recording.grid.segment_ms,
            "bias_seed_commitment": commitment(BIAS_SEED, recording.id, self.leaked.seed).hex(),
            "listeners": len(self.leaves),
            "listeners_root": tree_root(self.leaves).hex(),
        }
        if recording.call is not None:
            return [("vault-made", founding), ("call-opened", body | {"slot_ms": recording.call.slot_ms})]
        body |= {"input_sha256": recording.input_sha256, "segments": recording.grid.segments, "adopted": False}
        body |= {"mark_key_commitment": commitment(MARK_KEY, recording.id, MARK).hex()}
        return [("vault-made", founding), ("recording-marked", body)]

    def giving(self) -> Acts:
        """Return what everybody is given."""
        recording, acts = self.leaked.recording, Acts()
        for name in self.leaked.ids:
            known: dict[str, Any] = {"recording": recording, "listener": name}
            if not self.leaked.of_call:
                acts.append(("copy-given", known | {"sha256": "ef" * 32, "adopted": False}))
                continue
            signed: dict[str, Any] = {
                "receipt_sha256": hashlib.sha256(self.receipt(name).text.encode()).hexdigest(),
                "nonce": self.leaked.nonces[name].hex(),
                "device": device(name).public_key().public_bytes_raw().hex(),
                "counts": True,
            }
            acts += [("person-consented", known | signed), ("person-admitted", known)]
        return acts + (self.speaking() if self.leaked.of_call else [])

    def speaking(self) -> Acts:
        """Return what is entered of the streams of a call."""
        recording, acts = self.leaked.recording, Acts()
        for one in STREAMS:
            made = commitment(MARK_KEY, stream_name(recording, one.stream), MARK).hex()
            known: dict[str, Any] = {"recording": recording, "stream": one.stream}
            acts.append(("stream-opened", known | {"speaker": one.speaker, "mark_key_commitment": made}))
            acts += [("block-opened", known | {"number": n, "block": block}) for n, block in enumerate(one.blocks)]
        return acts

    def acts(self, statement: Statement) -> Acts:
        return self.acts_of(statement.evidence)

    def acts_of(self, evidence: Evidence) -> Acts:
        sha256 = evidence.exhibit.sha256
        return [
            *self.beginning(),
            *self.giving(),
            ("exhibit-received", {"sha256": sha256, "size": evidence.exhibit.bytes}),
            (
                "trace-run",
                {
                    "exhibit": sha256,
                    "verdict": evidence.verdict,
                    "bound": evidence.family_wise,
                    "recording": self.leaked.recording,
                    "named": [
                        {"listener": one.listener, "false_accusation_log10": one.bound_log10}
                        for one in evidence.accusations
                    ],
                    "tracks": evidence.tracks,
                    "streams": evidence.recording.call.sought if evidence.recording and evidence.recording.call else 0,
                    "listeners": evidence.listeners,
                    "shares": [share for *_, share in self.leaked.attempts],
                },
            ),
            ("key-opened", {"recordings": [self.leaked.recording], "keys": ["listener-secrets"], "purpose": "case"}),
        ]

    def sealed(self, statement: Statement | None = None, acts: Acts | None = None) -> bytes:
        """Return the bundle's bytes; entries about others than those named are left out."""
        statement = statement or self.statement()
        text = stated(statement)
        made = {
            "case": statement.case,
            "exhibit": statement.evidence.exhibit.sha256,
            "statement_sha256": hashlib.sha256(text).hexdigest(),
            "verdict": statement.evidence.verdict,
        }
        entries = ledger([*(self.acts(statement) if acts is None else acts), ("case-made", made)])
        named = [one.listener for one in statement.evidence.accusations]
        kept = [e.index for e in entries if e.kind not in MENTIONING or e.body["listener"] in named]
        return written(text, seal(entries, kept))

    def bundle(self) -> Bundle:
        return read(self.sealed())

    def with_mark_key(self) -> "Made":
        return replace(self, mark_key=MARK)
