"""Session descriptions of one sealed stream: one audio section, Opus, nothing else (RFC 8866, RFC 8829).

Header extensions are never agreed to: the one for audio levels (RFC 6464) would tell the relay who speaks how loudly.
Neither are RED and in-band FEC, which mean nothing for sealed payloads.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from earmark.errors import RelayError

PAYLOAD_TYPE = 111
_LONGEST = 32_768
_LINE = re.compile(r"([a-z])=(.*)")
_TOKEN = re.compile(r"[A-Za-z0-9+/_.~-]{1,256}")
_OPUS = re.compile(r"(9[6-9]|1[01]\d|12[0-7]) opus/48000/2", re.IGNORECASE)
_HINT = "The call page of this version makes session descriptions that fit."


@dataclass(frozen=True)
class Remote:
    """What a browser says of its end.

    Attributes:
        mid: name of its audio section.
        direction: "sendonly", "recvonly", "sendrecv" or "inactive".
        payload_type: its number for Opus.
        setup: DTLS role: "actpass", "active" or "passive".
        fingerprints: (algorithm, value) of its DTLS certificate.
    """

    mid: str
    direction: str
    payload_type: int
    setup: str
    fingerprints: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Local:
    """What the relay says of its own end.

    Attributes:
        username, password: ICE credentials, the password 22 characters or more.
        fingerprint: SHA-256 of the relay's DTLS certificate, in hexadecimal with colons.
        candidates: (address, port) that can be reached over UDP; the best first.
    """

    username: str
    password: str = field(repr=False)
    fingerprint: str
    candidates: Sequence[tuple[str, int]]


def parse(text: str) -> Remote:
    """Read a browser's offer or answer.

    Raises:
        RelayError: it is no session description, has more or less than one audio section, no Opus, or no DTLS.
    """
    session, sections = _sections(text)
    if len(sections) != 1 or sections[0][0][1].split(" ", 1)[0] != "audio":
        raise _refused("has to have one audio section and no other")
    lines = sections[0] + session
    return Remote(
        mid=_token(_attribute(lines, "mid")),
        direction=_direction(sections[0]),
        payload_type=_opus(sections[0]),
        setup=_attribute(lines, "setup"),
        fingerprints=_fingerprints(lines),
    )


def write(local: Local, *, mid: str, direction: str, setup: str, payload_type: int, ssrc: int | None = None) -> str:
    """Write the relay's own description.

    Args:
        local: credentials and addresses.
        mid: name of the audio section.
        direction: "recvonly" to take a stream, "sendonly" to give one.
        setup: DTLS role, "actpass" in an offer.
        payload_type: the number for Opus.
        ssrc: what the packets of a stream that is given are known by.

    Returns:
        SDP with every candidate in it.
    """
    host, port = local.candidates[0]
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {mid}",
        f"m=audio {port} UDP/TLS/RTP/SAVPF {payload_type}",
        f"c=IN {_family(host)} {host}",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        f"a=rtpmap:{payload_type} opus/48000/2",
        f"a=fmtp:{payload_type} minptime=10;useinbandfec=0",
        f"a=setup:{setup}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=ice-ufrag:{local.username}",
        f"a=ice-pwd:{local.password}",
        *(_candidate(number, *candidate) for number, candidate in enumerate(local.candidates)),
        "a=end-of-candidates",
    ]
    if ssrc is not None:
        lines += ["a=msid:earmark earmark", f"a=ssrc:{ssrc} cname:earmark"]
    return "".join(f"{line}\r\n" for line in lines)


def _sections(text: str) -> tuple[list[tuple[str, str]], list[list[tuple[str, str]]]]:
    if len(text) > _LONGEST:
        raise _refused("is too long")
    session: list[tuple[str, str]] = []
    sections: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise _refused("has a line that is none")
        if match[1] == "m":
            sections.append([])
        (sections[-1] if sections else session).append((match[1], match[2]))
    return session, sections


def _attributes(lines: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value[len(name) + 1 :] for kind, value in lines if kind == "a" and value.startswith(f"{name}:")]


def _attribute(lines: Sequence[tuple[str, str]], name: str) -> str:
    values = _attributes(lines, name)
    if not values:
        raise _refused(f"lacks “{name}”")
    return values[0]


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise _refused("has a name with characters that no name has")
    return value


def _direction(lines: Sequence[tuple[str, str]]) -> str:
    named = [value for kind, value in lines if kind == "a" and value in ("sendonly", "recvonly", "inactive")]
    return named[0] if named else "sendrecv"


def _opus(lines: Sequence[tuple[str, str]]) -> int:
    for value in _attributes(lines, "rtpmap"):
        match = _OPUS.fullmatch(value)
        if match:
            return int(match[1])
    raise _refused("has no Opus")


def _fingerprints(lines: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    _attribute(lines, "fingerprint")
    parted = [value.partition(" ") for value in _attributes(lines, "fingerprint")]
    return tuple((algorithm.lower(), digest.strip()) for algorithm, _, digest in parted)


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"


def _candidate(number: int, host: str, port: int) -> str:
    """Write a host candidate; its priority is that of RFC 8445 section 5.1.2.1 with local preferences from the top."""
    priority = (126 << 24) | ((65_535 - number) << 8) | 255
    return f"a=candidate:{number + 1} 1 udp {priority} {host} {port} typ host"


def _refused(why: str) -> RelayError:
    return RelayError(f"The session description {why}.", _HINT)
