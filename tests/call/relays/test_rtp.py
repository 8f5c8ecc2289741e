import struct

from aiortc.rtp import RtcpPacket, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket, RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from earmark.call.relays.rtp import Stream

_SSRC = 0xEA12
_PAYLOAD_TYPE = 111


def _packet(number: int, payload: bytes = b"sealed", ssrc: int = 5, payload_type: int = 96) -> bytes:
    return RtpPacket(
        payload_type, 0, number & 0xFFFF, number * 960 & 0xFFFFFFFF, ssrc=ssrc, payload=payload
    ).serialize()


def _forwarded(stream: Stream, data: bytes) -> RtpPacket:
    packet = stream.forward(data)
    assert packet is not None
    return RtpPacket.parse(packet)


@given(st.binary(min_size=1, max_size=1200), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1))
def test_the_payload_stays_and_only_the_name_changes(payload: bytes, number: int, timestamp: int) -> None:
    stream = Stream(_SSRC, _PAYLOAD_TYPE)
    came = RtpPacket(96, 1, number, timestamp, ssrc=5, payload=payload)
    went = _forwarded(stream, came.serialize())
    assert went.payload == payload
    assert (went.ssrc, went.payload_type) == (_SSRC, _PAYLOAD_TYPE)
    assert (went.sequence_number, went.timestamp, went.marker) == (number, timestamp, 1)


def test_what_browsers_tell_of_the_sound_in_headers_goes_no_further() -> None:
    extension = struct.pack("!HH", 0xBEDE, 1) + b"\x10\x85\x00\x00"  # an audio level
    head = struct.pack("!BBHII", 0x80 | 0x10 | 1, 96, 7, 8, 5) + struct.pack("!I", 99)
    went = Stream(_SSRC, _PAYLOAD_TYPE).forward(head + extension + b"sealed")
    assert went is not None
    assert went[0] == 0x80
    assert went[12:] == b"sealed"


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_listeners_notice_no_break_when_the_source_changes(first: int, second: int) -> None:
    stream = Stream(_SSRC, _PAYLOAD_TYPE)
    last = _forwarded(stream, _packet(first, ssrc=5))
    following = _forwarded(stream, _packet(second, ssrc=6))
    after = _forwarded(stream, _packet(second + 1, ssrc=6))
    for before, then in ((last, following), (following, after)):
        assert (then.sequence_number - before.sequence_number) % 2**16 == 1
        assert (then.timestamp - before.timestamp) % 2**32 == 960


def test_a_late_packet_does_not_count_back() -> None:
    stream = Stream(_SSRC, _PAYLOAD_TYPE)
    for number in (10, 12, 11):
        assert _forwarded(stream, _packet(number)).sequence_number == number
    assert _forwarded(stream, _packet(500, ssrc=6)).sequence_number == 13


@given(st.binary(max_size=64))
def test_no_bytes_break_it(data: bytes) -> None:
    stream = Stream(_SSRC, _PAYLOAD_TYPE)
    stream.forward(data)
    stream.sender_report(data)
    stream.receiver_report()


def test_an_empty_packet_is_no_frame() -> None:
    assert Stream(_SSRC, _PAYLOAD_TYPE).forward(_packet(1, b"")) is None


def test_reports_to_the_speaker_what_was_lost() -> None:
    stream = Stream(_SSRC, _PAYLOAD_TYPE)
    assert stream.receiver_report() is None
    for number in (1, 2, 5, 6):
        stream.forward(_packet(number))
    data = stream.receiver_report()
    assert data is not None
    [report] = RtcpPacket.parse(data)
    assert isinstance(report, RtcpRrPacket)
    assert (report.reports[0].ssrc, report.reports[0].packets_lost, report.reports[0].highest_sequence) == (5, 2, 6)
    assert report.reports[0].lsr == 0


def test_a_sender_report_goes_on_under_the_name_listeners_know() -> None:
    stream = Stream(_SSRC, _PAYLOAD_TYPE)
    came = bytes(RtcpSrPacket(5, RtcpSenderInfo(0x1234_5678_9ABC_DEF0, 4800, 5, 1000)))
    assert stream.sender_report(came) is None  # of nothing that was heard yet
    stream.forward(_packet(1))
    data = stream.sender_report(came)
    assert data is not None
    [report] = RtcpPacket.parse(data)
    assert isinstance(report, RtcpSrPacket)
    assert (report.ssrc, report.sender_info) == (_SSRC, RtcpSenderInfo(0x1234_5678_9ABC_DEF0, 4800, 5, 1000))
    own = stream.receiver_report()
    assert own is not None
    [receiver] = RtcpPacket.parse(own)
    assert isinstance(receiver, RtcpRrPacket)
    assert receiver.reports[0].lsr == 0x5678_9ABC
