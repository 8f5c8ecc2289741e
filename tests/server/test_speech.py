"""Keeping what one says, over a real socket: what is taken, and what hostile pages may try."""

from contextlib import AsyncExitStack
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from tests.members import base64url
from tests.server.conftest import Play
from tests.server.guests import Guest, Site

from earmark.call.wire import decode
from earmark.records.calls.pieces import SUITE, PieceName, pack
from earmark.records.vault import Vault

FRAME = b"what was said" * 6


async def met(site: Site, stack: AsyncExitStack) -> tuple[Guest, Guest, int]:
    """Let anna speak, and the host listen; return both, and her stream."""
    links = await site.open(["anna"])
    host = await stack.enter_async_context(site.inside(links["host"], "host"))
    await host.hear("admitted")
    anna = await stack.enter_async_context(site.inside(links["anna"], "anna"))
    await anna.hear("lobby")
    await host.say("admit", member="anna")
    await anna.hear("admitted")
    return host, anna, await anna.speak()


async def keep(guest: Guest, stream: int) -> bytes:
    """Begin to keep; return the vault's key."""
    await guest.say("keep", stream=stream, kept=True)
    facts = await guest.hear("keeping")
    assert facts["stream"] == stream
    return decode(facts["key"])


def piece(guest: Guest, key: bytes, stream: int, number: int) -> dict[str, Any]:
    """Return a piece."""
    name = PieceName(guest.challenge["call"]["id"], guest.member.id, stream, number)
    plain = pack(60 * number, [FRAME] * 60)
    sealed = SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(key), info=name.seal_info)
    signature = guest.member.device.sign(name.signed_text(sealed))
    return {"stream": stream, "number": number, "sealed": base64url(sealed), "signature": base64url(signature)}


async def shown(guest: Guest, *, keeping: bool) -> None:
    """Wait until somebody is shown whether anna keeps what she says."""
    await guest.hear(
        "roster",
        lambda facts: {"anna": keeping}.items() <= {one["id"]: one["keeping"] for one in facts["members"]}.items(),
    )


def test_what_is_kept_gets_into_the_vault_and_all_are_shown(play: Play, vault: Vault) -> None:
    calls: list[str] = []

    async def script(site: Site) -> None:
        async with AsyncExitStack() as stack:
            host, anna, stream = await met(site, stack)
            calls.append(anna.challenge["call"]["id"])
            key = await keep(anna, stream)
            await shown(host, keeping=True)
            for number in range(3):
                await anna.say("speech", **piece(anna, key, stream, number))
            await anna.say("keep", stream=stream, kept=False)
            await shown(host, keeping=False)
            await anna.say("keep", stream=stream, kept=True)
            assert (await anna.hear("keeping"))["next"] == 3
            assert not anna.told["error"]

    play(script)
    (stream,) = vault.calls.streams(calls[0])
    spoken = vault.calls.speech(calls[0], stream.number, "verify")
    assert spoken is not None
    assert spoken.frames == dict.fromkeys(range(180), FRAME)
    assert vault.check().findings == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"number": 7}, "not the next one"),
        ({"stream": 9}, "no stream 9"),
        ({"signature": base64url(bytes(64))}, "not signed"),
        ({"sealed": base64url(b"rubbish")}, "not signed"),
        ({"sealed": base64url(bytes(8_193))}, "makes no sense"),
        ({"sealed": ""}, "makes no sense"),
        ({"number": -1}, "makes no sense"),
        ({"number": 50_000}, "makes no sense"),
        ({"more": True}, "makes no sense"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_lost(
    play: Play, vault: Vault, changes: dict[str, Any], why: str
) -> None:
    calls: list[str] = []

    async def script(site: Site) -> None:
        async with AsyncExitStack() as stack:
            host, anna, stream = await met(site, stack)
            calls.append(anna.challenge["call"]["id"])
            key = await keep(anna, stream)
            await anna.say("speech", **piece(anna, key, stream, 0))
            await anna.say("speech", **piece(anna, key, stream, 1) | changes)
            await anna.hear("error", lambda facts: why in facts["message"])
            key = await keep(anna, stream)  # as its hint says
            await anna.say("speech", **piece(anna, key, stream, 1))
            await anna.say("keep", stream=stream, kept=False)
            await shown(host, keeping=False)
            await anna.say("mute", muted=True)  # she is still there
            await host.hear("roster", lambda facts: any(one["muted"] for one in facts["members"]))

    play(script)
    spoken = vault.calls.speech(calls[0], 0, "verify")
    assert spoken is not None
    assert (len(spoken.frames), spoken.unreadable) == (120, 0)


def test_a_piece_that_is_said_again_is_refused(play: Play, vault: Vault) -> None:
    calls: list[str] = []

    async def script(site: Site) -> None:
        async with AsyncExitStack() as stack:
            _host, anna, stream = await met(site, stack)
            calls.append(anna.challenge["call"]["id"])
            key = await keep(anna, stream)
            said = piece(anna, key, stream, 0)
            for _ in range(3):
                await anna.say("speech", **said)
            await anna.hear("error", lambda facts: "piece 0 of what you say is not the next one" in facts["message"])
            await anna.say("close", stream=stream)
            later = await anna.speak()
            await keep(anna, later)
            await anna.say("speech", **said | {"stream": later})  # of another stream
            await anna.hear("error", lambda facts: "not signed" in facts["message"])

    play(script)
    kept = [vault.calls.speech(calls[0], number, "verify") for number in (0, 1)]
    assert [one and len(one.frames) for one in kept] == [60, 0]


def test_a_flood_is_refused_and_bounded(play: Play, vault: Vault) -> None:
    calls: list[str] = []

    async def script(site: Site) -> None:
        async with AsyncExitStack() as stack:
            _host, anna, stream = await met(site, stack)
            calls.append(anna.challenge["call"]["id"])
            key = await keep(anna, stream)
            for number in range(60):
                await anna.say("speech", **piece(anna, key, stream, number))
            await anna.hear("error", lambda facts: "faster than it can be said" in facts["message"])

    play(script)
    (stream,) = vault.calls.streams(calls[0])
    assert stream.kept is not None
    assert 0 < stream.kept < 60


def test_what_was_kept_when_a_page_dies_stays(play: Play, vault: Vault) -> None:
    calls: list[str] = []

    async def script(site: Site) -> None:
        async with AsyncExitStack() as stack:
            host, anna, stream = await met(site, stack)
            calls.append(anna.challenge["call"]["id"])
            key = await keep(anna, stream)
            for number in range(2):
                await anna.say("speech", **piece(anna, key, stream, number))
            anna.socket.transport.abort()
            await host.hear("closed")

    play(script)
    spoken = vault.calls.speech(calls[0], 0, "verify")
    assert spoken is not None
    assert len(spoken.frames) in {0, 60, 120}
    assert vault.check().findings == ()
