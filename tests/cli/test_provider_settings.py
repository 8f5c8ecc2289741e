"""What is said of the provider where hosts log in, before anything is served."""

from pathlib import Path

import pytest

from earmark.cli.serving import announced, chosen_provider
from earmark.cli.settings import Settings
from earmark.errors import UsageError

WHOLE = {
    "oidc_issuer": "https://login.example/realms/main",
    "oidc_client_id": "earmark",
    "oidc_hosts": ["hosts"],
    "oidc_officers": ["officers"],
}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "client.secret"
    file.write_text("shared\n")
    return file


def test_what_is_whole_is_taken(secret: Path) -> None:
    provider = chosen_provider(Settings(**WHOLE, oidc_client_secret_file=secret, host_link=False))  # type: ignore[arg-type]
    assert provider is not None
    assert provider.client_secret == secret.read_text().strip()
    assert "shared" not in repr(provider)
    assert [
        provider.role({"groups": said}) for said in (["hosts"], "officers", ["hosts", "officers"], None, 7, [])
    ] == [
        "host",
        "officer",
        "host",
        None,
        None,
        None,
    ]


def test_nothing_is_asked_for_where_there_is_none() -> None:
    assert chosen_provider(Settings()) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"oidc_issuer": None, "host_link": False}, "nobody could open calls"),
        ({"oidc_issuer": "http://login.example"}, "no address of a provider"),
        ({"oidc_issuer": "login.example"}, "no address of a provider"),
        ({"oidc_issuer": "http://127.0.0.1.example/"}, "no address of a provider"),
        ({"oidc_client_id": ""}, "nobody could log in as a host"),
        ({"oidc_hosts": []}, "nobody could log in as a host"),
        ({"oidc_client_secret_file": Path("nowhere")}, "cannot be read"),
    ],
)
def test_mistakes_are_explained(changes: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        chosen_provider(Settings(**WHOLE | changes))  # type: ignore[arg-type]
    assert refused.value.hint


def test_an_empty_secret_is_none(secret: Path) -> None:
    secret.write_text("\n")
    with pytest.raises(UsageError, match="there is no secret in"):
        chosen_provider(Settings(**WHOLE, oidc_client_secret_file=secret))  # type: ignore[arg-type]


def test_no_link_is_printed_where_it_opens_nothing() -> None:
    assert announced("https://calls.example/", None)[1] == "host   https://calls.example/ (log in there)"
