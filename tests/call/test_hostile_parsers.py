"""Whatever comes from the network, each parser gives a value or an error of its own, and nothing else happens."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.call.test_messages import SAMPLES

from earmark.call.messages import parse
from earmark.call.receipts import Expected, check_receipt
from earmark.call.relays import rtp, sdp
from earmark.call.schedule import open_stream_secret
from earmark.call.wire import decode
from earmark.errors import CallError, EarmarkError

DEVICE = Ed25519PrivateKey.from_private_bytes(bytes(32))
DEALER = X25519PrivateKey.from_private_bytes(bytes(range(32)))
EXPECTED = Expected("call-1", "anna", "0" * 64, "0" * 64, bytes(32))

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
like_messages = st.sampled_from(sorted(SAMPLES)).flatmap(
    lambda kind: st.dictionaries(st.sampled_from([*SAMPLES[kind], "more"]), values, max_size=3).map(
        lambda changes: json.dumps({"type": kind} | SAMPLES[kind] | changes)
    )
)
LINES = """v=0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
a=sendonly
a=rtpmap:111 opus/48000/2
a=fmtp:111 x
a=ice-ufrag:abcd
a=ice-pwd:xxxxxxxxxxxxxxxxxxxxxxxx
a=setup:actpass
a=fingerprint:sha-256 00:11
a=rtcp-mux
a=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host
a=group:BUNDLE 0
a=extmap:1 urn:x""".splitlines()
lines = st.sampled_from(LINES)
like_sdp = st.lists(lines | st.text(max_size=40), max_size=30).map("\r\n".join)


@settings(max_examples=300)
@given(st.text() | like_messages)
def test_messages(text: str) -> None:
    with suppress(CallError):
        message = parse(text)
        assert parse(message.model_dump_json()) == message


@settings(max_examples=200)
@given(st.text() | values.map(json.dumps))
def test_receipts_that_the_device_has_signed(text: str) -> None:
    signature = DEVICE.sign(text.encode("utf-8", "replace"))
    with pytest.raises(CallError):
        check_receipt(text, signature, DEVICE.public_key().public_bytes_raw(), EXPECTED)


@given(st.text(), st.binary(max_size=80), st.binary(max_size=40))
def test_receipts_that_nobody_has_signed(text: str, signature: bytes, device: bytes) -> None:
    with pytest.raises(CallError):
        check_receipt(text, signature, device, EXPECTED)


@given(st.binary(max_size=100) | st.binary(min_size=80, max_size=80))
def test_sealed_secrets(sealed: bytes) -> None:
    with pytest.raises(CallError):
        open_stream_secret(sealed, DEALER, call_id="call-1", speaker_id="anna")


@given(st.text())
def test_base64url(text: str) -> None:
    with suppress(ValueError):
        decode(text)


@settings(max_examples=300)
@given(st.text() | like_sdp)
def test_session_descriptions(text: str) -> None:
    with suppress(EarmarkError):
        sdp.parse(text)


@pytest.mark.parametrize("take", ["forward", "sender_report"])
@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda rest: b"\x80\x6f" + rest))
def test_packets(take: str, data: bytes) -> None:
    stream = rtp.Stream(1, sdp.PAYLOAD_TYPE)
    method: Callable[[bytes], bytes | None] = getattr(stream, take)
    found = method(data)
    assert found is None or len(found) <= len(data) + 64
