"""What a browser may say in a call, and the only way in which it may say it."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from earmark.call.wire import (
    SEGMENT_FRAMES,
    Epoch,
    FrameTag,
    GroupMessage,
    Key,
    KeyPackage,
    MemberId,
    Message,
    OfferNumber,
    Position,
    Sdp,
    Signature,
    SpeechPiece,
    StreamNumber,
)
from earmark.errors import CallError

MOST_BYTES = 256 * 1024  # a commit and a welcome, both as long as they may be
MOST_PIECES = 50_000
MOST_CHANGED = 1000  # members in one change of the group

Members = Annotated[list[MemberId], Field(max_length=MOST_CHANGED)]


class Hello(Message):
    """The first message: who comes, and with what.

    Attributes:
        version: of the protocol.
        token: what the invitation's link has after "#join=".
        device: the browser's Ed25519 key, public.
        encoded_transform: whether the browser can seal and open frames.
        user_agent: what the browser calls itself; for the person's own record.
    """

    type: Literal["hello"] = "hello"
    version: Literal[1]
    token: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    device: Key
    encoded_transform: bool
    user_agent: Annotated[str, Field(max_length=400)]


class Consent(Message):
    """A signed receipt: the person knows that what they hear is marked.

    Attributes:
        receipt: JSON text; see `earmark.call.receipts`.
        signature: of its UTF-8 bytes, by the device's key.
        key_package: for the members' group (MLS); not looked into.
    """

    type: Literal["consent"] = "consent"
    receipt: Annotated[str, Field(min_length=1, max_length=4_000)]
    signature: Signature
    key_package: Annotated[KeyPackage, Field(repr=False)]


class Admit(Message):
    """A host lets somebody in from the lobby."""

    type: Literal["admit"] = "admit"
    member: MemberId


class Refuse(Message):
    """A host sends somebody in the lobby away; they may come again."""

    type: Literal["refuse"] = "refuse"
    member: MemberId


class Remove(Message):
    """A host removes somebody for good."""

    type: Literal["remove"] = "remove"
    member: MemberId


class Lock(Message):
    """A host locks the room, or opens it again: nobody new is let into the lobby of a locked one."""

    type: Literal["lock"] = "lock"
    locked: bool


class End(Message):
    """A host ends the call for everybody."""

    type: Literal["end"] = "end"


class Commit(Message):
    """The change of the group that was asked for, made by the committer.

    Attributes:
        epoch: the one that it was made in.
        commit: for the other members; not looked into.
        welcome: for those added; None if nobody was.
        adds: who was added, of those asked for: who is left out has sent a key package that is good for nothing.
        removes: who was removed: all that were asked for.
    """

    type: Literal["commit"] = "commit"
    epoch: Epoch
    commit: Annotated[GroupMessage, Field(repr=False)]
    welcome: Annotated[GroupMessage | None, Field(repr=False)]
    adds: Members
    removes: Members


class Open(Message):
    """A new stream of mine.

    Attributes:
        sealed: its secret, sealed to the dealer; see `earmark.call.schedule`.
    """

    type: Literal["open"] = "open"
    sealed: Annotated[KeyPackage, Field(max_length=200, repr=False)]


class Publish(Message):
    """An offer (SDP) by which a stream of mine goes to the relay.

    Attributes:
        offer: which of my offers it is, for what comes back; a later one takes its place.
    """

    type: Literal["publish"] = "publish"
    stream: StreamNumber
    offer: OfferNumber
    sdp: Annotated[Sdp, Field(repr=False)]


class Subscribe(Message):
    """I want to hear a stream; an offer comes back."""

    type: Literal["subscribe"] = "subscribe"
    stream: StreamNumber


class Answer(Message):
    """My answer (SDP) to the relay's offer of a stream, which is named by its number."""

    type: Literal["answer"] = "answer"
    stream: StreamNumber
    offer: OfferNumber
    sdp: Annotated[Sdp, Field(repr=False)]


class At(Message):
    """How many positions of a stream of mine have begun."""

    type: Literal["position"] = "position"
    stream: StreamNumber
    position: Position


class Heard(Message):
    """What I have heard at a position that I was asked about.

    Attributes:
        stream: whose.
        position: which.
        newest: the newest position of it that I have heard; None if I have heard none.
        frames: of every frame its tag; empty where what came could not be opened, None where nothing came.
    """

    type: Literal["heard"] = "heard"
    stream: StreamNumber
    position: Position
    newest: Position | None
    frames: Annotated[list[FrameTag | None], Field(min_length=SEGMENT_FRAMES, max_length=SEGMENT_FRAMES, repr=False)]


class Close(Message):
    """A stream of mine is over."""

    type: Literal["close"] = "close"
    stream: StreamNumber


class Loss(Message):
    """So many packets of a hundred of a stream do not reach me."""

    type: Literal["loss"] = "loss"
    stream: StreamNumber
    percent: int = Field(ge=0, le=100)


class Mute(Message):
    """Whether my microphone is off; for the others to see."""

    type: Literal["mute"] = "mute"
    muted: bool


class Keep(Message):
    """Whether I seal what I say in a stream of mine for the vault; for the others to see."""

    type: Literal["keep"] = "keep"
    stream: StreamNumber
    kept: bool


class Speech(Message):
    """The next piece of what I have said, sealed for the vault.

    Attributes:
        stream: of mine.
        number: of the piece in the stream, from 0.
        sealed: see `earmark.records.calls.pieces`.
        signature: by my device's key.
    """

    type: Literal["speech"] = "speech"
    stream: StreamNumber
    number: Annotated[int, Field(ge=0, lt=MOST_PIECES)]
    sealed: Annotated[SpeechPiece, Field(repr=False)]
    signature: Signature


class Leave(Message):
    """I leave."""

    type: Literal["leave"] = "leave"


Incoming = (
    Hello | Consent | Admit | Refuse | Remove | Lock | End | Commit | Open | Publish | Subscribe | Answer | At | Heard
    | Close | Loss | Mute | Keep | Speech | Leave
)  # fmt: skip

_INCOMING: TypeAdapter[Incoming] = TypeAdapter(Annotated[Incoming, Field(discriminator="type")])


def parse(text: str) -> Incoming:
    """Return the message that ``text`` is.

    Raises:
        CallError: it is none. What it says is never repeated: it may hold a secret.
    """
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise CallError("the message is too long", f"A message has at most {MOST_BYTES} bytes.")
    try:
        return _INCOMING.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise CallError(
            f"the message makes no sense at {where[:80]!r}: {first['msg'][:200]}", "Reload the page."
        ) from None
