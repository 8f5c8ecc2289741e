"""What anybody can send to the built-in relay's UDP ports while a call goes on, which goes on."""

import asyncio
import struct

from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.call.relays.test_relays import _ROOM, Ear, _during, _listener, _payload, _speaker

from bench.callers import Caller
from earmark.call.relays.builtin import BuiltinRelay

_DTLS = struct.Struct("!BHHIHH")  # type, version, epoch, sequence number (48 bits), length
_RTP = struct.Struct("!BBHII")


def _record(kind: int, version: int, epoch: int, number: int, body: bytes) -> bytes:
    return _DTLS.pack(kind, version, epoch, number >> 16, number & 0xFFFF, len(body)) + body


def _knock(username: str, password: bytes, more: bytes) -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = username
    request.add_message_integrity(password)
    return bytes(request) + more


def _damaged(data: bytes, damages: list[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for at, value in damages:
        changed[at % len(changed)] ^= value
    return bytes(changed)


knocks = st.builds(_knock, st.text(max_size=30), st.binary(max_size=30), st.binary(max_size=8))
attributes = st.builds(
    lambda kind, length, value: struct.pack("!HH", kind, length) + value,
    st.sampled_from(sorted(stun.ATTRIBUTES_BY_TYPE)) | st.integers(0, 0xFFFF),
    st.integers(0, 40),
    st.binary(max_size=40),
)
messages = st.builds(
    lambda kind, body: struct.pack("!HHI12s", kind, len(body), stun.COOKIE, bytes(12)) + body,
    st.sampled_from([0x0001, 0x0101, 0x0111, 0x0003]) | st.integers(0, 0x3FF),
    st.lists(attributes, max_size=4).map(b"".join),
)
records = st.builds(
    _record,
    st.sampled_from([20, 21, 22, 23, 24, 25, 26]),
    st.sampled_from([0xFEFF, 0xFEFD, 0xFEFC, 0x0303]),
    st.integers(0, 3),
    st.integers(0, 2**32 - 1),
    st.sampled_from([b"\x01\x00", b"\x02\x28", b"\x01", b"\x01" + bytes(24)]) | st.binary(max_size=200),
)
headed = st.builds(
    lambda first, kind, rest: _RTP.pack(first, kind, 7, 7, 7) + rest,
    st.integers(128, 191),
    st.integers(0, 255),
    st.binary(max_size=200),
)
short = st.integers(0, 255).map(lambda value: bytes([value])) | st.just(b"")
long = st.integers(0, 255).map(lambda value: bytes([value]) * 3_000)
some = st.binary(max_size=300) | knocks | messages | records | headed | short
damaged = st.builds(
    _damaged, some.filter(len), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 255)), min_size=1, max_size=4)
)
garbage = st.lists(some | damaged, max_size=40).flatmap(
    lambda many: st.lists(long, max_size=2).map(lambda few: [*many, *few])
)


async def _until_heard(ada: Caller, ear: Ear, count: int) -> None:
    """Speak until so much more was heard."""
    wanted, number = len(ear.payloads) + count, 1000
    while len(ear.payloads) < wanted:
        await ada.send(_payload(number), number)
        number += 1
        await asyncio.sleep(0.002)


@settings(max_examples=15)
@given(garbage)
def test_rubbish_at_its_ports_stops_no_call(thrown: list[bytes]) -> None:
    """From somewhere, and as if from the addresses of the speaker and of a listener."""
    relay, ear = BuiltinRelay(["127.0.0.1"]), Ear()

    async def play() -> None:
        loop = asyncio.get_running_loop()
        complaints: list[object] = []
        loop.set_exception_handler(lambda _loop, context: complaints.append(context))
        async with _speaker(relay) as ada, _listener(relay, ear) as ben:
            await _until_heard(ada, ear, 5)
            stranger, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=ada._relay_at)
            for data in thrown:
                stranger.sendto(data)
                for member in (ada, ben):
                    assert member._transport is not None
                    member._transport.sendto(data, member._relay_at)
                await asyncio.sleep(0)
            await _until_heard(ada, ear, 20)
            health = relay.health()
            assert (health.streams, health.listeners) == (1, 1)
            stranger.close()
            assert complaints == []

    _during(relay, play)
    assert set(ear.payloads) <= {_payload(number) for number in range(1000, 60_000)}
    assert _ROOM not in relay._rooms
