import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.call.relays import sdp
from earmark.errors import RelayError

_LOCAL = sdp.Local("user", "p" * 22, "AB:CD", [("192.0.2.7", 4000), ("2001:db8::7", 4001)])
_SAMPLE = sdp.write(_LOCAL, mid="0", direction="sendonly", setup="actpass", payload_type=111, ssrc=7)

# What Chromium 150 offers for one microphone, with candidates and most codecs left out.
_CHROMIUM = """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 6a1f-b.local 54400 typ host generation 0 network-cost 999
a=ice-ufrag:Mxjp
a=ice-pwd:1S8rbHnf1fkOJm1bV5VZ2bzD
a=ice-options:trickle
a=fingerprint:sha-256 1A:2B
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendonly
a=msid:- 9c1a
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=ssrc:2913 cname:Fq
""".replace("\n", "\r\n")


def test_reads_what_chromium_offers() -> None:
    expected = sdp.Remote("0", "sendonly", 111, "actpass", (("sha-256", "1A:2B"),))
    assert sdp.parse(_CHROMIUM) == expected


def test_reads_attributes_of_the_whole_session_too() -> None:
    """Firefox writes its fingerprint once for all sections."""
    moved = _CHROMIUM.replace("a=fingerprint:sha-256 1A:2B\r\n", "").replace(
        "t=0 0", "t=0 0\r\na=fingerprint:SHA-256 1A:2B"
    )
    assert sdp.parse(moved) == sdp.parse(_CHROMIUM)


@pytest.mark.parametrize("direction", ["sendonly", "recvonly"])
@pytest.mark.parametrize("setup", ["actpass", "active", "passive"])
def test_what_is_written_reads_the_same(direction: str, setup: str) -> None:
    text = sdp.write(_LOCAL, mid="a1", direction=direction, setup=setup, payload_type=96)
    assert sdp.parse(text) == sdp.Remote("a1", direction, 96, setup, (("sha-256", "AB:CD"),))


def test_agrees_to_nothing_that_tells_of_the_sound() -> None:
    """Audio levels, RED, in-band FEC and congestion control have no place where the payload is sealed."""
    for unwanted in ("extmap", "red/", "useinbandfec=1", "rtcp-fb", "transport-cc"):
        assert unwanted not in _SAMPLE


def test_writes_every_candidate_and_says_that_there_are_no_more() -> None:
    assert "a=candidate:1 1 udp 2130706431 192.0.2.7 4000 typ host\r\n" in _SAMPLE
    assert " 2001:db8::7 4001 typ host\r\n" in _SAMPLE
    assert "a=end-of-candidates\r\n" in _SAMPLE
    assert "a=ice-lite\r\n" in _SAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        _CHROMIUM.replace("m=audio", "m=video"),
        _CHROMIUM + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        _CHROMIUM.replace("opus", "L16"),
        _CHROMIUM.replace("a=setup:actpass\r\n", ""),
        _CHROMIUM.replace("a=mid:0", "a=mid:<script>"),
        _CHROMIUM + "x" * 40_000,
    ],
)
def test_refuses_what_it_cannot_take(text: str) -> None:
    with pytest.raises(RelayError) as caught:
        sdp.parse(text)
    assert caught.value.hint


def test_refuses_a_browser_that_proves_nothing_of_itself() -> None:
    with pytest.raises(RelayError, match="fingerprint"):
        sdp.parse(_CHROMIUM.replace("a=fingerprint:sha-256 1A:2B\r\n", ""))


@given(st.lists(st.one_of(st.sampled_from(_CHROMIUM.splitlines()), st.text(max_size=40)), max_size=40))
def test_nothing_else_comes_of_any_text(lines: list[str]) -> None:
    try:
        remote = sdp.parse("\r\n".join(lines))
    except RelayError:
        return
    assert 0 <= remote.payload_type < 1000
    assert remote.fingerprints


def test_keeps_the_password_out_of_sight() -> None:
    assert "p" * 22 not in repr(_LOCAL)
