"""RTP of one stream on its way through the relay (RFC 3550): a new header, the same payload.

Listeners get one unbroken sequence even when the speaker's browser begins another: numbers and time go on from where
they were.
"""

import time
from dataclasses import dataclass

from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import (
    HeaderExtensions,
    RtcpPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    RtpPacket,
)

CLOCK_RATE = 48_000
_FRAME = 960  # 20 ms


@dataclass
class _Source:
    """One synchronization source of the speaker's browser, and how it is moved."""

    ssrc: int
    sequence_shift: int
    time_shift: int
    statistics: StreamStatistics
    report: tuple[int, float] | None = None


class Stream:
    """Re-writes the packets of a stream, and keeps count of them for reports.

    Args:
        ssrc: what listeners know the stream by.
        payload_type: what they know Opus by.
    """

    def __init__(self, ssrc: int, payload_type: int) -> None:
        self.ssrc = ssrc
        self._payload_type = payload_type
        self._source: _Source | None = None
        self._last = (0, 0)

    def forward(self, data: bytes) -> bytes | None:
        """Give the packet that listeners get, or nothing for what is no packet or has no payload.

        Args:
            data: one RTP packet of the speaker's browser.
        """
        try:
            packet = RtpPacket.parse(data)
        except ValueError:
            return None
        if not packet.payload:
            return None
        self._move(packet)
        return packet.serialize()

    def sender_report(self, data: bytes) -> bytes | None:
        """Give the sender report that listeners get, if there is one in this compound packet."""
        report = next((packet for packet in _rtcp(data) if isinstance(packet, RtcpSrPacket)), None)
        if report is None or self._source is None or report.ssrc != self._source.ssrc:
            return None
        info = report.sender_info
        self._source.report = ((info.ntp_timestamp >> 16) & 0xFFFFFFFF, time.monotonic())
        moved = RtcpSenderInfo(
            info.ntp_timestamp,
            (info.rtp_timestamp + self._source.time_shift) & 0xFFFFFFFF,
            info.packet_count,
            info.octet_count,
        )
        return bytes(RtcpSrPacket(self.ssrc, moved))

    def receiver_report(self) -> bytes | None:
        """Tell the speaker's browser what arrived; nothing before anything did."""
        source = self._source
        if source is None:
            return None
        seen = source.statistics
        lsr, age = (source.report[0], time.monotonic() - source.report[1]) if source.report else (0, 0.0)
        info = RtcpReceiverInfo(
            ssrc=source.ssrc,
            fraction_lost=seen.fraction_lost,
            packets_lost=seen.packets_lost,
            highest_sequence=(seen.cycles + (seen.max_seq or 0)) & 0xFFFFFFFF,
            jitter=max(0, seen.jitter) & 0xFFFFFFFF,
            lsr=lsr,
            dlsr=min(int(age * 65_536), 0xFFFFFFFF),
        )
        return bytes(RtcpRrPacket(self.ssrc, [info]))

    def _move(self, packet: RtpPacket) -> None:
        if self._source is None or self._source.ssrc != packet.ssrc:
            self._source = self._begin(packet)
        source = self._source
        source.statistics.add(packet)
        packet.ssrc = self.ssrc
        packet.payload_type = self._payload_type
        packet.sequence_number = (packet.sequence_number + source.sequence_shift) & 0xFFFF
        packet.timestamp = (packet.timestamp + source.time_shift) & 0xFFFFFFFF
        packet.csrc = []
        packet.extensions = HeaderExtensions()
        packet.padding_size = 0
        self._remember(packet)

    def _begin(self, packet: RtpPacket) -> _Source:
        shift = (0, 0)
        if self._source is not None:
            sequence, timestamp = self._last
            shift = (sequence + 1 - packet.sequence_number, timestamp + _FRAME - packet.timestamp)
        return _Source(packet.ssrc, *shift, StreamStatistics(CLOCK_RATE))

    def _remember(self, packet: RtpPacket) -> None:
        """Keep the newest; what comes late does not count back."""
        if (packet.sequence_number - self._last[0]) & 0xFFFF < 0x8000 or self._last == (0, 0):
            self._last = (packet.sequence_number, packet.timestamp)


def _rtcp(data: bytes) -> list[object]:
    try:
        return list(RtcpPacket.parse(data))
    except ValueError:
        return []
