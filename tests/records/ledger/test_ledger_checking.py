"""Tampering with a ledger, in every place and by attackers who know how it works, and that it is found."""

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given as given_data
from hypothesis import strategies as st

from earmark.records.checking import Checked, check
from earmark.records.database.place import FILE_NAME
from earmark.records.database.sqlite import SqlitePlace
from earmark.records.entries import NewRecording
from earmark.records.ledger import acts, exporting
from earmark.records.ledger.canonical import canonical
from earmark.records.ledger.entries import Entry, parse_entry
from earmark.records.ledger.heads import SignedHead, sign_head
from earmark.records.ledger.merkle import Tree, number_of
from earmark.records.listeners import Listener
from earmark.records.vault import Vault

SIZE = 9


class Tampering:
    """A vault's database in the hands of somebody who writes to it what they like."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(path)

    def run(self, statement: str, *values: object) -> None:
        self._connection.execute(statement, values)
        self._connection.commit()

    def leaves(self) -> list[bytes]:
        return [row[0] for row in self._connection.execute("SELECT leaf FROM ledger_entries ORDER BY position")]

    def put(self, position: int, leaf: bytes) -> None:
        self._connection.execute("UPDATE ledger_entries SET leaf = ? WHERE position = ?", (leaf, position))
        self._connection.commit()

    def rewrite(self, leaves: list[bytes]) -> None:
        """Put in other entries, chained anew, with all hashes computed anew; all but the signatures can be forged."""
        previous, hashes = "", []
        for position, leaf in enumerate(leaves):
            found = parse_entry(leaf)
            entry = Entry(position, found.kind, found.time, previous, found.body)
            previous = entry.hash.hex()
            hashes.append(entry.hash)
            self._connection.execute(
                "UPDATE ledger_entries SET leaf = ?, kind = ? WHERE position = ?", (entry.leaf, entry.kind, position)
            )
        self._connection.execute("DELETE FROM ledger_entries WHERE position >= ?", (len(leaves),))
        self._connection.execute("DELETE FROM ledger_nodes")
        for level, nodes in enumerate(Tree(hashes).levels):
            rows = [(number_of(level, position), one) for position, one in enumerate(nodes)]
            self._connection.executemany("INSERT INTO ledger_nodes VALUES (?, ?)", rows)
        self._connection.execute("UPDATE ledger_entries SET subject = ''")
        self._connection.commit()

    def check(self, *known: SignedHead) -> Checked:
        with SqlitePlace(self.path).open() as database:
            return check(database, known)

    def entries(self, *known: SignedHead) -> list[int | None]:
        checked = self.check(*known)
        assert (checked.head is None) == bool(checked.findings)
        return [finding.entry for finding in checked.findings]

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def where() -> None:
    """Keep the tables in a file, into which anything can be put."""


@pytest.fixture
def tampering(vault: Vault, folder: Path) -> Iterator[Tampering]:
    for n in range(1, SIZE):
        vault.enter(acts.exhibit_received(f"{n:064x}", n))
    with closing(Tampering(folder / FILE_NAME)) as opened:
        yield opened


def test_a_ledger_that_was_left_alone_is_whole(tampering: Tampering, vault: Vault) -> None:
    checked = tampering.check(*(vault.ledger.head(size) for size in range(1, SIZE + 1)))
    assert (checked.size, checked.findings, checked.behind) == (SIZE, (), ())
    assert checked.head == vault.ledger.head()


@pytest.mark.parametrize("position", range(SIZE))
def test_a_changed_entry_is_named(tampering: Tampering, position: int) -> None:
    leaf = tampering.leaves()[position]
    tampering.put(position, leaf.replace(b"Z", b"0Z").replace(b"00Z", b"1Z") if b"0Z" not in leaf else leaf[:-1])
    assert position in tampering.entries()


@pytest.mark.parametrize("position", range(SIZE - 1))
def test_a_removed_entry_is_named(tampering: Tampering, position: int) -> None:
    tampering.run("DELETE FROM ledger_entries WHERE position = ?", position)
    assert tampering.entries()[0] == position


@pytest.mark.parametrize("position", range(SIZE - 1))
def test_entries_in_another_order_are_named(tampering: Tampering, position: int) -> None:
    one, other = tampering.leaves()[position : position + 2]
    tampering.put(position, other)
    tampering.put(position + 1, one)
    assert {position, position + 1} <= set(tampering.entries())


@pytest.mark.parametrize("position", range(SIZE))
def test_who_computes_all_hashes_anew_still_lacks_the_signatures(tampering: Tampering, position: int) -> None:
    leaves = tampering.leaves()
    found = parse_entry(leaves[position])
    forged = Entry(found.index, found.kind, found.time, found.previous, {**found.body, "forged": True})
    tampering.rewrite([*leaves[:position], forged.leaf, *leaves[position + 1 :]])
    assert tampering.entries() == [position]


@pytest.mark.parametrize("position", range(SIZE - 1))
def test_who_removes_an_entry_and_computes_all_anew_is_found(tampering: Tampering, position: int) -> None:
    leaves = tampering.leaves()
    tampering.rewrite([*leaves[:position], *leaves[position + 1 :]])
    assert tampering.entries() == [position]


@pytest.mark.parametrize("size", range(1, SIZE))
def test_a_ledger_that_was_cut_is_found_by_a_head_from_before(tampering: Tampering, vault: Vault, size: int) -> None:
    known = vault.ledger.head()
    tampering.rewrite(tampering.leaves()[:size])
    assert tampering.entries() == []
    assert tampering.entries(known) == [size]
    assert f"had {SIZE} entries, and has {size}" in tampering.check(known).findings[0].what


def test_nothing_left_is_not_a_ledger(tampering: Tampering) -> None:
    tampering.run("DELETE FROM ledger_entries")
    tampering.run("DELETE FROM ledger_nodes")
    assert [finding.what for finding in tampering.check().findings] == ["there are no entries"]


def test_a_ledger_signed_anew_is_not_that_of_a_head_from_before(tampering: Tampering, vault: Vault) -> None:
    known, leaves = vault.ledger.head(), tampering.leaves()
    tampering.rewrite([leaves[0], leaves[2], leaves[1], *leaves[3:]])
    key = vault.safe.open().signing_key
    for size in range(1, SIZE + 1):
        head = vault.ledger.head(size)
        signature = sign_head(key, size, head.root, head.time).signature
        tampering.run("UPDATE ledger_entries SET signature = ? WHERE position = ?", signature, size - 1)
    assert tampering.entries() == []
    assert "not what it was" in tampering.check(known).findings[0].what


def test_other_heads_are_refused(tampering: Tampering, vault: Vault) -> None:
    head = vault.ledger.head()
    other = sign_head(Ed25519PrivateKey.generate(), head.size, head.root, head.time)
    forged = SignedHead(head.size, head.root, head.time, head.public_key, other.signature)
    whats = [finding.what for finding in tampering.check(other, forged).findings]
    assert "another ledger's" in whats[0]
    assert "does not hold" in whats[1]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE ledger_entries SET kind = 'trace-run' WHERE position = 3", "listed as something else"),
        ("UPDATE ledger_entries SET subject = 'r-other' WHERE position = 3", "listed as something else"),
        ("UPDATE ledger_entries SET signature = x'00' WHERE position = 3", "signature kept with entry 3"),
        ("UPDATE ledger_nodes SET hash = zeroblob(32) WHERE number = 0", "entry 0 was changed"),
        ("UPDATE ledger_nodes SET hash = zeroblob(32) WHERE number = 1", "hash 0 of level 1"),
        ("UPDATE ledger_entries SET leaf = 7 WHERE position = 3", "entry 3 was changed"),
        ("UPDATE ledger_entries SET leaf = 'text', kind = 7 WHERE position = 3", "entry 3 was changed"),
        ("UPDATE ledger_entries SET signature = 'text' WHERE position = 8", "entry 8 was changed"),
        ("UPDATE ledger_nodes SET hash = 'text' WHERE number = 0", "entry 0 was changed"),
        ("UPDATE identity SET public_key = 'text'", "entry 0 was changed"),
        ("DELETE FROM ledger_nodes WHERE number = 3", "hashes of entries are missing"),
        ("INSERT INTO ledger_nodes VALUES (1000, zeroblob(32))", "entries that are missing"),
    ],
)
def test_whatever_is_kept_beside_the_entries_is_checked_too(tampering: Tampering, statement: str, what: str) -> None:
    tampering.run(statement)
    assert what in tampering.check().findings[0].what


@pytest.fixture
def given(tampering: Tampering, vault: Vault, briefing: NewRecording) -> str:
    recording = vault.create_recording(briefing, [Listener("anna"), Listener("ben")]).id
    vault.record_copy(recording, "anna", path=Path("anna.wav"), sha256="ab" * 32, container="wav")
    assert tampering.entries() == []
    return recording


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE recordings SET input_sha256 = 'other'", "the record of r-"),
        ("DELETE FROM listeners WHERE id = 'ben'", "the listeners of r-"),
        ("UPDATE listeners SET commitment = zeroblob(32) WHERE id = 'ben'", "the listeners of r-"),
        ("DELETE FROM copies", "0 are on record but not in the ledger, and 1 the reverse"),
        ("UPDATE copies SET sha256 = 'other'", "1 are on record but not in the ledger, and 1 the reverse"),
        ("UPDATE copies SET listener_id = 'ben'", "1 are on record but not in the ledger, and 1 the reverse"),
    ],
)
def test_records_that_the_ledger_does_not_have_are_found(tampering: Tampering, statement: str, what: str) -> None:
    tampering.run(statement)
    assert what in tampering.check().findings[0].what


@pytest.mark.usefixtures("given")
def test_a_cut_ledger_is_found_by_the_copies_on_record(tampering: Tampering) -> None:
    tampering.rewrite(tampering.leaves()[:-1])
    assert "1 are on record but not in the ledger" in tampering.check().findings[0].what


def test_any_byte_that_is_changed_is_found(tampering: Tampering) -> None:
    leaf = tampering.leaves()[4]
    for place in range(0, len(leaf), 5):
        changed = bytearray(leaf)
        changed[place] ^= 1
        tampering.put(4, bytes(changed))
        assert 4 in tampering.entries()
    tampering.put(4, leaf)
    assert tampering.entries() == []


COLUMNS = {
    "ledger_entries": ("kind", "subject", "leaf", "signature"),
    "ledger_nodes": ("hash",),
    "identity": ("public_key", "vault_id"),
    "recordings": ("id", "input_sha256", "title"),
    "listeners": ("place", "commitment", "recording_id"),
    "copies": ("recording_id", "listener_id", "path", "sha256"),
}


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(("table", "column"), [(table, column) for table in COLUMNS for column in COLUMNS[table]])
def test_whatever_is_put_into_the_tables_is_no_more_than_a_finding(
    tampering: Tampering, table: str, column: str
) -> None:
    tampering.run("PRAGMA foreign_keys = OFF")
    chosen = f"(SELECT max(rowid) FROM {table})"  # noqa: S608
    for value in (7, 1.5, b"\xed\xb3\xbf", "te\u2028xt", b""):
        tampering.run(f"UPDATE {table} SET {column} = ? WHERE rowid = {chosen}", value)  # noqa: S608
        assert bool(tampering.check().findings) != (column in {"title", "place", "vault_id"})


LEDGER = json.loads((Path(__file__).parents[2] / "vectors" / "ledger.json").read_text("utf-8"))
LINES = [one["entry"].encode() for one in LEDGER["entries"]]


@given_data(st.lists(st.binary(max_size=60) | st.sampled_from(LINES), max_size=9))
def test_any_file_is_a_ledger_or_is_said_not_to_be(lines: list[bytes]) -> None:
    walk, _, head = exporting.read(io.BytesIO(b"\n".join(lines)))
    assert head is None
    assert walk.findings


Act = Callable[[str, NewRecording], acts.Act]


def again(recording: str, new: NewRecording) -> acts.Act:
    return acts.recording_marked(recording, new, acts.Commitments(bytes(32), bytes(32), 2, bytes(32)))


@pytest.mark.parametrize(
    "wrong",
    [
        (again, "was marked a second time"),
        (lambda one, _: acts.listeners_added(one, 0, 2, bytes(32)), "has not grown as the ledger says"),
        (lambda one, _: acts.listeners_added(one, 2, 3, bytes(32)), "has not grown as the ledger says"),
        (lambda one, _: acts.listeners_added(one, -1, 1, bytes(32)), "has not grown as the ledger says"),
        (lambda one, _: acts.listeners_added(f"{one}x", 1, 1, bytes(32)), "before it was marked"),
        (lambda one, _: acts.Act("listeners-added", one, {"recording": one}), "does not say how many"),
    ],
    ids=["marked again", "not grown", "grown otherwise", "shrunk", "of no recording", "of no number"],
)
def test_who_signs_a_second_codebook_of_a_recording_is_found(
    vault: Vault, briefing: NewRecording, given: str, wrong: tuple[Act, str], tmp_path: Path
) -> None:
    """An owner could choose among secrets, if they might commit to them twice; the same holds of a ledger in a file."""
    act, what = wrong
    entry = vault.enter(act(given, briefing))
    with (tmp_path / "ledger.jsonl").open("wb+") as file:
        exporting.write(vault.ledger.entries(0, entry.index + 1), vault.ledger.head(), file)
        file.seek(0)
        walk, _, head = exporting.read(file)
    assert head is None
    assert [(one.entry, what in one.what) for one in walk.findings] == [(entry.index, True)]
    assert (entry.index, True) in [(one.entry, what in one.what) for one in vault.check().findings]


@pytest.mark.parametrize("content", [b"", b"\n", b"id,name\nanna,Anna\n" * 5000, bytes(100_000), b"{}\n" * 200_000])
def test_what_is_no_ledger_is_said_once(content: bytes) -> None:
    walk, tree, head = exporting.read(io.BytesIO(content))
    assert [one.what for one in walk.findings] == [exporting.NO_LEDGER]
    assert (len(tree), head) == (0, None)


@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_ledger_with_a_changed_line_is_still_a_ledger(place: int) -> None:
    lines = [*LINES, canonical(LEDGER["heads"][-1])]
    lines[place] = b"x" + lines[place]
    walk, _, head = exporting.read(io.BytesIO(b"\n".join(lines)))
    assert head is None
    assert exporting.NO_LEDGER not in [one.what for one in walk.findings]
