"""What the server says to browsers in a call."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field

from earmark.call.doubts import Doubt
from earmark.call.schedule import BLOCK_POSITIONS
from earmark.call.wire import Binary, Message

RefusedFor = Literal["invitation", "device", "browser", "locked", "full", "ended", "host", "protocol"]
EndedFor = Literal["ended", "removed", "replaced", "silent", "stopped", "unrecorded"]


MOST_MEMBERS = 200


class Rules(Message):
    """What a call demands of those who come.

    Attributes:
        encoded_transform: always: nobody enters whose browser cannot seal and open frames.
        known_devices_only: whether a device must be known from earlier calls of the same person.
        listen_only: whether only hosts may speak.
        max_members: how many may be in the call at once.
    """

    encoded_transform: Literal[True] = True
    known_devices_only: bool = False
    listen_only: bool = False
    max_members: int = Field(default=50, ge=2, le=MOST_MEMBERS)

    @classmethod
    def kept(cls, rules: Mapping[str, object]) -> Self:
        """Return rules that are on record; calls were once allowed to be larger, and hold as many as they can now."""
        most = rules.get("max_members")
        return cls.model_validate(
            {**rules, "max_members": min(most, MOST_MEMBERS)} if isinstance(most, int) else dict(rules)
        )


class CallFacts(Message):
    """A call, for those who come."""

    id: str
    title: str
    classification: str
    rules: Rules
    hosts: list[str]


class Me(Message):
    """Who the browser's user is in this call."""

    id: str
    name: str
    host: bool


class IceServer(Message):
    """A server that helps browsers to find a way through networks (STUN or TURN), as `RTCIceServer` has it.

    Attributes:
        urls: such as "turn:turn.example:3478".
        username: for this member and day; empty for STUN.
        credential: likewise.
    """

    urls: list[str]
    username: str = ""
    credential: str = Field(default="", repr=False)


class Challenge(Message):
    """What is to be signed: the call, the notice, and the state of the ledger, with a number used once."""

    type: Literal["challenge"] = "challenge"
    call: CallFacts
    member: Me
    notice: str
    ledger_root: str
    dealer_key: Binary
    challenge: Binary
    ice_servers: list[IceServer]


class Refused(Message):
    """No entry; the connection is closed after this."""

    type: Literal["refused"] = "refused"
    reason: RefusedFor
    hint: str


class Elsewhere(Message):
    """Another server holds this call: connect again, to that one if you can; the connection is closed after this.

    Attributes:
        server: what that one is called; empty where it is called nothing.
    """

    type: Literal["elsewhere"] = "elsewhere"
    server: str


class Lobby(Message):
    """Wait for a host."""

    type: Literal["lobby"] = "lobby"


class Waiter(Message):
    """Somebody in the lobby."""

    id: str
    name: str


class Waiting(Message):
    """Who waits in the lobby; for hosts."""

    type: Literal["waiting"] = "waiting"
    members: list[Waiter]


class RosterLine(Message):
    """One member, for the others.

    Attributes:
        keeping: whether they seal what they say for the vault.
        doubts: those about their stream, see `earmark.call.doubts`.
    """

    id: str
    name: str
    host: bool
    muted: bool
    speaking_stream: int | None
    keeping: bool
    doubts: list[Doubt]


class Roster(Message):
    """Who is in the call."""

    type: Literal["roster"] = "roster"
    members: list[RosterLine]
    locked: bool
    committer: str


class Opened(Message):
    """Somebody's stream has begun; its own speaker is told too."""

    type: Literal["opened"] = "opened"
    stream: int
    member: str
    block_positions: int = BLOCK_POSITIONS
    segment_ms: int
    slot_ms: int
    depth: float


class Admitted(Message):
    """Come in.

    Attributes:
        group: "create" where this member is to make the group (MLS), else "wait" for the welcome.
        members: who is in the call.
        streams: those that are open.
        epoch: of the group.
    """

    type: Literal["admitted"] = "admitted"
    group: Literal["create", "wait"]
    members: list[RosterLine]
    streams: list[Opened]
    epoch: int


class Addition(Message):
    """Somebody to be added to the group, with their key package."""

    member: str
    key_package: Binary


class Change(Message):
    """To the committer: commit this, in this epoch."""

    type: Literal["change"] = "change"
    adds: list[Addition]
    removes: list[str]
    epoch: int


class Committed(Message):
    """The group has changed: to every member but the committer.

    Attributes:
        epoch: the one that the commit was made in; the group's is the next now.
        commit: as the committer made it.
        sender: the committer.
    """

    type: Literal["committed"] = "committed"
    epoch: int
    commit: Binary = Field(repr=False)
    sender: str


class Accepted(Message):
    """To the committer: the commit made in this epoch counts."""

    type: Literal["accepted"] = "accepted"
    epoch: int


class Stale(Message):
    """To a committer: the commit made in this epoch does not count; forget it."""

    type: Literal["stale"] = "stale"
    epoch: int


class Welcome(Message):
    """To somebody added.

    Attributes:
        welcome: as the committer made it; it holds the group's tree.
        epoch: the first that they are in.
    """

    type: Literal["welcome"] = "welcome"
    welcome: Binary = Field(repr=False)
    epoch: int


class Closed(Message):
    """A stream is over."""

    type: Literal["closed"] = "closed"
    stream: int


class Republish(Message):
    """To a speaker: the relay runs anew and knows nothing of this stream; offer it again."""

    type: Literal["republish"] = "republish"
    stream: int


class Loss(Message):
    """To a speaker: how many packets of a hundred their listeners lose.

    Attributes:
        stream: its number.
        most: of the listener who loses most.
        middle: of the one in the middle.
    """

    type: Literal["loss"] = "loss"
    stream: int
    most: int
    middle: int


class Published(Message):
    """The relay's answer (SDP) to a speaker's offer, which is named by its number."""

    type: Literal["published"] = "published"
    stream: int
    offer: int
    sdp: str = Field(repr=False)


class Offer(Message):
    """The relay's offer (SDP) of a stream.

    Attributes:
        offer: which of them it is, for the answer; a later one takes its place.
    """

    type: Literal["offer"] = "offer"
    stream: int
    offer: int
    sdp: str = Field(repr=False)


class Keys(Message):
    """The listener's keys at consecutive positions of a stream.

    Attributes:
        stream: its number.
        first: the first of the positions.
        bits: which variant each key opens, the first in the most significant bit.
        keys: 32 bytes for each position.
    """

    type: Literal["keys"] = "keys"
    stream: int
    first: int
    bits: Binary = Field(repr=False)
    keys: Binary = Field(repr=False)


class Sample(Message):
    """Say what you have heard at this position."""

    type: Literal["sample"] = "sample"
    stream: int
    position: int


class Keeping(Message):
    """To a speaker who wants what they say kept: from now on it is taken, and everybody sees that.

    Attributes:
        stream: theirs.
        key: to which it is to be sealed, X25519, 32 bytes; only the vault can open what is.
        next: the number of the next piece.
    """

    type: Literal["keeping"] = "keeping"
    stream: int
    key: Binary
    next: int


class Ended(Message):
    """The call is over for this connection, which is closed after this."""

    type: Literal["ended"] = "ended"
    reason: EndedFor
    hint: str


class Error(Message):
    """Something that was said was not accepted; nothing else has changed.

    Attributes:
        about: the type of that message; empty where it could not be read.
    """

    type: Literal["error"] = "error"
    about: str = ""
    message: str
    hint: str


Reply = (
    Challenge | Refused | Elsewhere | Lobby | Waiting | Roster | Opened | Admitted | Change | Committed | Accepted
    | Stale | Welcome | Closed | Loss | Republish | Published | Offer | Keys | Sample | Keeping | Ended | Error
)  # fmt: skip
