"""The secured connection with one browser, as aiortc makes it, with packets handed on instead of decoded."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceTransport

from earmark.call.relays.ice import Path
from earmark.call.relays.sdp import Remote

_CONNECT_SECONDS = 20.0


async def _ignore(_data: bytes) -> None:
    """Listeners have nothing to say."""


class Link(RTCDtlsTransport):
    """One connection: ICE, DTLS and SRTP of RTCDtlsTransport, without its senders and receivers.

    Args:
        path: the way to the browser.
        certificate: the relay's.
        member: whose browser it is.
        on_rtp, on_rtcp: are given each packet that came, decrypted.
    """

    def __init__(
        self,
        path: Path,
        certificate: RTCCertificate,
        member: str,
        *,
        on_rtp: Callable[[bytes], Awaitable[None]] = _ignore,
        on_rtcp: Callable[[bytes], Awaitable[None]] = _ignore,
    ) -> None:
        super().__init__(cast("RTCIceTransport", path), [certificate])
        self.path = path
        self.member = member
        self.answered = False
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp

    async def connect(self, remote: Remote) -> None:
        """Secure the connection with the browser that has these fingerprints; closes it where that fails in 20 s."""
        self.answered = True
        self._set_role("client" if remote.setup == "passive" else "server")
        fingerprints = [RTCDtlsFingerprint(*fingerprint) for fingerprint in remote.fingerprints]
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self.start(RTCDtlsParameters(fingerprints))
        except TimeoutError:
            self.path.close()
        if self.state != "connected":
            self.path.close()

    async def send(self, packet: bytes) -> None:
        """Encrypt and send one RTP or RTCP packet; dropped where nothing can be sent (yet, or any more)."""
        if self.state == "connected":
            try:
                await self._send_rtp(packet)
            except ConnectionError:
                self.path.close()

    async def close(self) -> None:
        """Say good-bye, then neither send nor take anything."""
        pump = self._task
        await self.stop()
        self.path.close()
        if pump:
            await asyncio.wait([pump])

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002
        await self._on_rtp(data)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        await self._on_rtcp(data)
