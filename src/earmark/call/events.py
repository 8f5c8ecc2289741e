"""What happens to a call's room, and what the room wants done about it.

A room has no input or output of its own: it is given events, each with the time, and answers with commands. What takes
a while (a relay, the vault) is asked for by number, and its answer is an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from earmark.call.doubts import Doubt, Frames
from earmark.call.messages import Hello, Incoming
from earmark.call.replies import IceServer, Reply

# --- events


@dataclass(frozen=True)
class Invited:
    """A person's invitation to a call.

    Attributes:
        member: their id.
        name: theirs.
        host: whether they are a host.
        device: the key of their device, 32 bytes; None before their first entry.
        known: whether the device that they come with is known from an earlier call of theirs; asked only where a rule
            demands it.
    """

    member: str
    name: str
    host: bool
    device: bytes | None = None
    known: bool = False


@dataclass(frozen=True)
class Connected:
    """Somebody with an invitation to this call has said hello.

    Attributes:
        connection: a number that no other connection has or will have.
        hello: what they said.
        invited: whom the invitation is for.
        ledger_root: Merkle root of the ledger now, in hexadecimal digits.
        ice_servers: that help them to find a way through; none unless configured.
    """

    connection: int
    hello: Hello
    invited: Invited
    ledger_root: str
    ice_servers: tuple[IceServer, ...] = ()


@dataclass(frozen=True)
class Received:
    """A message has come."""

    connection: int
    message: Incoming


@dataclass(frozen=True)
class Disconnected:
    """A connection is gone."""

    connection: int


@dataclass(frozen=True)
class Tick:
    """Time has passed; this comes about once a second."""


@dataclass(frozen=True)
class Done:
    """What was asked for under ``number`` is done; ``value`` is what the request says."""

    number: int
    value: object = None


@dataclass(frozen=True)
class Failed:
    """What was asked for under ``number`` cannot be done; ``passing`` if it may be in a while."""

    number: int
    message: str
    hint: str = ""
    passing: bool = False


@dataclass(frozen=True)
class Stop:
    """The server stops."""


@dataclass(frozen=True)
class RelayRestarted:
    """The relay runs anew, and has none of the streams that it had."""


Event = Connected | Received | Disconnected | Tick | Done | Failed | RelayRestarted | Stop

# --- requests


@dataclass(frozen=True)
class RecordConsent:
    """Put a person's signed receipt on record, bind their device, and let the dealer know them; gives None."""

    member: str
    nonce: bytes
    receipt: str
    signature: bytes
    device: bytes


@dataclass(frozen=True)
class RecordEntry:
    """Put on record that somebody enters; gives None."""

    member: str


@dataclass(frozen=True)
class RecordExit:
    """Put on record that somebody has gone, and let the dealer forget them."""

    member: str


@dataclass(frozen=True)
class RecordLeave:
    """Put on record that somebody has left by their own will, and is to be let in again if they come back."""

    member: str


@dataclass(frozen=True)
class RecordRemoval:
    """Put on record that a host has removed somebody for good."""

    member: str


@dataclass(frozen=True)
class RecordLock:
    """Put on record whether the room is locked."""

    locked: bool


@dataclass(frozen=True)
class OpenStream:
    """Open a stream's sealed secret, put it on record, begin its first block; gives the stream's number."""

    member: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class OpenBlock:
    """Begin a stream's next block; gives None."""

    stream: int


@dataclass(frozen=True)
class RecordProgress:
    """Put on record how far a stream is; the dealer forgets what is over."""

    stream: int
    positions: int


@dataclass(frozen=True)
class EndStream:
    """End a member's stream everywhere: on record, at the relay, at the dealer."""

    stream: int
    member: str
    positions: int


@dataclass(frozen=True)
class Publish:
    """Hand a speaker's offer to the relay; gives its answer."""

    stream: int
    member: str
    sdp: str = field(repr=False)


@dataclass(frozen=True)
class Subscribe:
    """Have the relay offer a stream to a listener; gives the offer."""

    stream: int
    member: str


@dataclass(frozen=True)
class TakeAnswer:
    """Hand a listener's answer to the relay; gives None."""

    stream: int
    member: str
    sdp: str = field(repr=False)


@dataclass(frozen=True)
class CutOff:
    """Have the relay cut somebody off, at once."""

    member: str


@dataclass(frozen=True)
class Compare:
    """Compare what listeners have heard at a position of a stream; gives a `earmark.call.doubts.Comparison`."""

    stream: int
    position: int
    answers: Mapping[str, Frames] = field(repr=False)


@dataclass(frozen=True)
class RecordDoubt:
    """Put on record that a member's stream cannot be relied on to be traced, and why."""

    stream: int
    member: str
    doubt: Doubt


@dataclass(frozen=True)
class KeepSpeech:
    """Let a stream's speaker seal what they say for the vault; gives the key, and how many pieces there are."""

    stream: int


@dataclass(frozen=True)
class RecordSpeech:
    """Take the next piece of what a stream's speaker has said; gives None."""

    stream: int
    number: int
    sealed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True)
class EndCall:
    """Put on record that the call is over, after everything else of it."""


Request = (
    RecordConsent | RecordEntry | RecordExit | RecordLeave | RecordRemoval | RecordLock | OpenStream | OpenBlock
    | RecordProgress | EndStream | Publish | Subscribe | TakeAnswer | CutOff | Compare | RecordDoubt | KeepSpeech
    | RecordSpeech | EndCall
)  # fmt: skip

# --- commands


@dataclass(frozen=True)
class Send:
    """Send a message."""

    connection: int
    message: Reply


@dataclass(frozen=True)
class Close:
    """Close a connection when what was sent before has gone out; nothing from it counts any more."""

    connection: int


@dataclass(frozen=True)
class Do:
    """Do what ``request`` says; where ``number`` is not 0, answer with it."""

    request: Request
    number: int = 0


@dataclass(frozen=True)
class Deal:
    """Deal somebody their keys at ``count`` positions of a stream from ``first`` on, and send them."""

    connection: int
    member: str
    stream: int
    first: int
    count: int


Command = Send | Close | Do | Deal
