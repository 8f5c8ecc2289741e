"""Vaults in PostgreSQL from the command line."""

from pathlib import Path

import pytest
from tests.cli.conftest import Earmark
from tests.postgres import Cluster


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.fresh()


def test_a_vault_is_made_in_a_database_used_and_moved_out_of_it(earmark: Earmark, url: str) -> None:
    made = earmark("init", "--database", url, "--json")
    assert (made.json["database"], made.json["opened_by"]) == (url, "key")
    assert earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies").status == 0
    assert earmark("backup", "moved.backup").status == 0
    assert earmark("restore", "moved.backup", "--vault", "moved").status == 0
    there, here = (earmark("listeners", "briefing", *where).out for where in ((), ("--vault", "moved")))
    assert there == here != ""
    assert Path("moved/vault.sqlite").exists()
    traced = earmark("trace", "copies/ben.wav", "--json", "--vault", "moved")
    assert traced.json["verdict"] == "named"


def test_a_vault_is_attached_to(earmark: Earmark, url: str) -> None:
    earmark("init", "--database", url)
    attached = earmark("init", "--attach", "--database", url, "--vault", "second", "--json")
    assert (attached.json["database"], attached.json["opened_by"], attached.json["key_file"]) == (url, "key", None)
    assert earmark("ledger", "show", "--vault", "second").out == earmark("ledger", "show").out


def test_attaching_takes_a_database_and_nothing_else(earmark: Earmark, url: str) -> None:
    assert (earmark("init", "--attach").status, earmark("init", "--attach", "--database", url).status) == (2, 1)
    refused = earmark("init", "--attach", "--database", url, "--no-encryption")
    assert (refused.status, "hint" in refused.err) == (2, True)


def test_a_password_in_the_address_is_refused(earmark: Earmark) -> None:
    refused = earmark("init", "--database", "postgresql://anna:sesame@host/db")
    assert refused.status == 2
    assert "PGPASSWORD" in refused.err
    assert "sesame" not in refused.err
    assert not Path("vault.key").exists()
