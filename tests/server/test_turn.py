import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.conftest import Play
from tests.server.guests import Site

from earmark.errors import UsageError
from earmark.server.turn import HOLDS_S, Helpers, helpers

TURN, STUN = "turn:calls.example:3478?transport=udp", "stun:calls.example:3478"


@given(st.binary(min_size=1, max_size=64), st.integers(0, 2**33))
def test_passwords_are_what_a_turn_server_computes(secret: bytes, now: int) -> None:
    (server,) = Helpers([TURN], secret, lambda: now).for_somebody()
    assert int(server.username) == now + HOLDS_S
    digest = hmac.new(secret, server.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == digest


def test_who_needs_no_password_gets_none(tmp_path: Path) -> None:
    file = tmp_path / "turn.secret"
    file.write_text("shared\n")
    stun, turn = helpers([STUN, TURN], file, lambda: 0.0).for_somebody()
    assert (stun.urls, stun.username, stun.credential) == ([STUN], "", "")
    assert turn.urls == [TURN]
    assert helpers([], None, lambda: 0.0).for_somebody() == ()


def test_a_secret_is_nowhere_in_words(tmp_path: Path) -> None:
    file = tmp_path / "turn.secret"
    file.write_text("shared")
    both = helpers([TURN], file, lambda: 0.0)
    (server,) = both.for_somebody()
    assert "shared" not in repr(both)
    assert server.credential not in repr(server)


@pytest.mark.parametrize("url", ["https://calls.example", "calls.example:3478", ""])
def test_what_is_no_such_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="STUN or TURN"):
        helpers([url], None, lambda: 0.0)


def test_a_missing_secret_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "turn.secret"
    empty.write_text("\n")
    for file, why in ((None, "needs the secret"), (tmp_path / "none", "cannot be read"), (empty, "no secret in")):
        with pytest.raises(UsageError, match=why):
            helpers([TURN], file, lambda: 0.0)


def test_no_server_is_named_unless_configured(play: Play) -> None:
    async def script(site: Site) -> None:
        links = await site.open(["anna"])
        async with site.guest(links["anna"], "anna") as anna:
            assert (await anna.hear("challenge"))["ice_servers"] == []

    play(script)
