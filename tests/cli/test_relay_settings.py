"""Which relay the settings name."""

from pathlib import Path

import pytest

from earmark.call.relays.builtin import BuiltinRelay
from earmark.call.relays.janus import JanusRelay
from earmark.call.relays.spread import SpreadRelay
from earmark.cli.serving import chosen_relay
from earmark.cli.settings import Settings
from earmark.errors import UsageError

URLS = ["wss://10.0.0.5:8989", "ws://127.0.0.1:8188"]


def test_the_relays() -> None:
    assert isinstance(chosen_relay(Settings()), BuiltinRelay)
    assert isinstance(chosen_relay(Settings(relay="janus")), JanusRelay)
    assert isinstance(chosen_relay(Settings(relay="janus", janus_urls=URLS)), SpreadRelay)


def test_secrets_are_read_and_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "janus.secret"
    file.write_text("of the interface\n".replace(" ", "-") + "of-the-plugin\n")
    relay = chosen_relay(Settings(relay="janus", janus_urls=URLS, janus_secret_file=file))
    assert isinstance(relay, SpreadRelay)
    for one in relay._relays:
        assert isinstance(one, JanusRelay)
        endpoint = one._server.endpoint  # type: ignore[attr-defined]
        assert (endpoint.api_secret, endpoint.admin_key) == ("of-the-interface", "of-the-plugin")
        assert "of-the" not in repr(endpoint)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"relay": "builtin", "janus_urls": URLS}, "and another relay"),
        ({"relay": "janus", "janus_urls": ["https://10.0.0.5"]}, "no address of a Janus"),
        ({"relay": "janus", "janus_urls": URLS, "janus_secret_file": Path("nowhere")}, "cannot be read"),
    ],
)
def test_mistakes_are_explained(facts: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        chosen_relay(Settings(**facts))  # type: ignore[arg-type]
    assert refused.value.hint
