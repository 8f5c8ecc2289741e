"""What is peculiar to vaults in PostgreSQL: addresses, errors with hints, servers that come and go."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests import postgres
from tests.postgres import Cluster

from earmark.errors import EarmarkError, UsageError, VaultError
from earmark.records.calls.entries import NewCall
from earmark.records.database import postgresql
from earmark.records.database.postgresql import PostgresDatabase, PostgresPlace
from earmark.records.ledger import acts
from earmark.records.listeners import Listener
from earmark.records.vault import Vault


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.fresh()


@pytest.fixture
def own(cluster: Cluster) -> Iterator[Cluster]:
    """Give a server that a test may stop."""
    with postgres.cluster(cluster.binaries) as running:
        yield running


def entry(n: int) -> acts.Act:
    return acts.exhibit_received(f"{n:064x}", n)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "vault",
        "sqlite:///x",
        "mysql://host/db",
        "host=localhost",
        "postgresql://[::1/db",
        "postgresql:///x?wrong=1",
    ],
)
@pytest.mark.usefixtures("cluster")
def test_other_addresses_are_refused_before_anything_is_made(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="no address of PostgreSQL"):
        Vault.init(tmp_path / "vault", database=address)
    assert not list((tmp_path / "vault").iterdir())


@pytest.mark.parametrize(
    "address",
    ["postgresql://anna:sesame@host/db", "postgresql://host/db?password=sesame", "postgresql://a:sesame@[/db"],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError) as caught:
        Vault.init(tmp_path / "vault", database=address)
    assert "sesame" not in str(caught.value) + caught.value.hint
    assert not list((tmp_path / "vault").iterdir())


def test_the_folder_says_where_the_tables_are_and_no_more(tmp_path: Path, url: str) -> None:
    Vault.init(tmp_path / "vault", database=url).close()
    (note,) = (tmp_path / "vault").iterdir()
    assert json.loads(note.read_text()) == {"schema": "earmark/database/1", "url": url}
    assert stat.S_IMODE(note.stat().st_mode) == 0o600


def test_a_vault_is_used_from_two_folders(tmp_path: Path, url: str) -> None:
    with Vault.init(tmp_path / "one", database=url) as one:
        Vault.attach(tmp_path / "two", url)
        with Vault(tmp_path / "two") as two:
            two.enter(entry(1))
            assert one.ledger.size() == two.ledger.size() == 2
            assert one.safe.open().vault_id == two.safe.open().vault_id
    with pytest.raises(VaultError, match="there is a vault at"):
        Vault.attach(tmp_path / "two", url)


def test_there_has_to_be_a_vault_to_attach_to(tmp_path: Path, url: str) -> None:
    with pytest.raises(VaultError, match="is not a vault"):
        Vault.attach(tmp_path / "one", url)
    assert not list((tmp_path / "one").iterdir())


def test_a_database_with_a_vault_in_it_is_left_alone(tmp_path: Path, url: str) -> None:
    with Vault.init(tmp_path / "one", database=url) as one:
        with pytest.raises(VaultError, match="there is a vault at") as caught:
            Vault.init(tmp_path / "two", database=url)
        assert "--attach" in caught.value.hint
        assert one.ledger.size() == 1
    assert not list((tmp_path / "two").iterdir())


def test_vaults_in_two_schemas_do_not_wait_for_each_other(cluster: Cluster, tmp_path: Path) -> None:
    urls = [cluster.fresh() for _ in range(2)]
    with (
        Vault.init(tmp_path / "one", database=urls[0]) as one,
        Vault.init(tmp_path / "two", database=urls[1]) as two,
        one.safe.writing() as sitting,
    ):
        two.enter(entry(2))
        sitting.enter(entry(1))
        assert (one.ledger.size(), two.ledger.size()) == (1, 2)
    with Vault(tmp_path / "one") as one:
        assert one.ledger.size() == 2


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema": "earmark/database/2", "url": "x"}', b"\xff"])
def test_a_damaged_note_is_said_so(tmp_path: Path, url: str, data: bytes) -> None:
    Vault.init(tmp_path / "vault", database=url).close()
    (tmp_path / "vault" / "database.json").write_bytes(data)
    with pytest.raises(VaultError, match="is damaged"):
        Vault(tmp_path / "vault")


def test_what_is_no_vault_is_said_so(url: str) -> None:
    with pytest.raises(VaultError, match="is not a vault"):
        PostgresPlace(url).open()


@pytest.mark.parametrize(
    ("changes", "what", "hint"),
    [
        ({"host": "/nowhere"}, "No such file", "server runs"),
        ({"options": "-csearch_path=nowhere"}, "no such schema", "search_path"),
        ({"options": "-cdefault_transaction_read_only=on"}, "may not be written", "primary"),
    ],
)
def test_where_it_cannot_be_made_the_reason_is_told(
    cluster: Cluster, changes: dict[str, str], what: str, hint: str
) -> None:
    with pytest.raises(VaultError, match=what) as caught:
        PostgresPlace(cluster.url(**changes)).create()
    assert hint in caught.value.hint


def test_a_database_that_is_not_there_is_said_so(cluster: Cluster) -> None:
    with pytest.raises(VaultError, match='database "missing" does not exist'):
        PostgresPlace(cluster.url("missing")).open()


def test_a_database_that_cannot_hold_every_name_is_refused(cluster: Cluster) -> None:
    cluster.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(VaultError, match="keeps text as LATIN1") as caught:
        PostgresPlace(cluster.url("latin")).create()
    assert "UTF8" in caught.value.hint


def test_a_user_who_may_only_read_is_said_so(cluster: Cluster, url: str, tmp_path: Path) -> None:
    schema = url.rsplit("%3D", maxsplit=1)[-1]
    Vault.init(tmp_path / "vault", database=url).close()
    cluster.run(
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN",
        f"GRANT USAGE ON SCHEMA {schema} TO reader",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader",
    )
    Vault.attach(tmp_path / "other", url.replace("user=earmark", "user=reader"))
    with Vault(tmp_path / "other") as vault:
        assert vault.ledger.size() == 1
        with pytest.raises(VaultError, match="may not be written") as caught:
            vault.enter(entry(1))
    assert "allowed" in caught.value.hint
    cluster.run("DROP OWNED BY reader", "DROP ROLE reader")


def test_a_name_that_no_database_can_keep_is_said_so(url: str, tmp_path: Path) -> None:
    with Vault.init(tmp_path / "vault", database=url) as vault:
        with pytest.raises(EarmarkError, match="no database can keep"), vault.safe.writing() as sitting:
            sitting.connection.execute(text("SELECT :name"), {"name": "nul\0"})
        assert vault.ledger.size() == 1


@pytest.mark.parametrize("state", sorted(postgresql.REASONS))
def test_errors_are_told_with_a_hint(url: str, state: str) -> None:
    code = state.ljust(5, "0")
    with PostgresDatabase(url) as database, pytest.raises(VaultError) as caught, database.reading() as connection:
        connection.execute(text(f"DO $$ BEGIN RAISE 'told' USING ERRCODE = '{code}'; END $$"))
    assert postgresql.REASONS[state][0] in str(caught.value)
    assert caught.value.hint


def test_a_server_that_was_restarted_is_found_again_and_nothing_is_lost(own: Cluster, tmp_path: Path) -> None:
    with Vault.init(tmp_path / "vault", database=own.fresh()) as vault:
        vault.enter(entry(1))
        with pytest.raises(VaultError) as caught, vault.safe.writing() as sitting:
            sitting.enter(entry(2))
            own.stop("fast")
        assert caught.value.hint
        with pytest.raises(VaultError) as caught:
            vault.enter(entry(3))
        assert "server runs" in caught.value.hint
        own.start()
        vault.enter(entry(4))
        assert [one.body["size"] for one in vault.ledger.entries(1)] == [1, 4]
        assert vault.check().findings == ()


def test_a_crash_of_the_server_loses_nothing_that_was_committed(own: Cluster, tmp_path: Path) -> None:
    with Vault.init(tmp_path / "vault", database=own.fresh()) as vault:
        for n in range(20):
            vault.enter(entry(n))
        own.stop("immediate")
        own.start()
        assert vault.ledger.size() == 21
        assert vault.check().findings == ()


def test_a_writer_that_does_nothing_any_more_does_not_keep_others_out(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Vault.init(tmp_path / "vault", database=url) as vault, Vault(tmp_path / "vault") as other:
        other.ledger.size()
        vault.safe.open()
        monkeypatch.setattr(postgresql, "IDLE_TIMEOUT_S", 4)
        with pytest.raises(VaultError) as caught, vault.safe.writing() as sitting:
            monkeypatch.setattr(postgresql, "IDLE_TIMEOUT_S", 60)
            other.add_stamp(1, b"token")
            sitting.enter(entry(1))
        assert caught.value.hint
        assert (vault.stamps(), vault.ledger.size()) == ([(1, b"token")], 1)


def test_a_commit_is_on_disk_even_where_the_server_would_not_wait(cluster: Cluster) -> None:
    url = cluster.fresh()
    for setting, there in (("off", "on"), ("local", "local"), ("on", "on")):
        options = f"{url}%20-csynchronous_commit%3D{setting}"
        with PostgresDatabase(options) as database, database.writing() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == there


def test_names_of_any_script_come_back(url: str, tmp_path: Path) -> None:
    with Vault.init(tmp_path / "vault", database=url) as vault:
        names = ["Zoë", "Ольга", "李", "🦊", "o'neill; DROP TABLE listeners", "%s", ":x"]
        people = [Listener(f"u{n}", name) for n, name in enumerate(names)]
        call = vault.calls.create(NewCall(title="Board", detector=3, depth=2.5, slot_ms=20), people)
        assert [one.name for one in vault.listeners(call.id)] == names


def add_table(database: PostgresDatabase) -> None:
    with database.reading() as connection:
        connection.execute(text("CREATE TABLE notes (n INTEGER)"))


def test_nothing_is_written_without_the_writers_lock(url: str) -> None:
    with PostgresDatabase(url) as database, pytest.raises(VaultError, match="may not be written"):
        add_table(database)
