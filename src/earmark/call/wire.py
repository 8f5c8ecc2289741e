"""What messages of a call are made of: their base, and the kinds of values in them.

Messages are JSON objects with a "type". What is binary is base64url without padding (RFC 4648, section 5), and written
in the one way that this encoding allows, so that equal bytes are equal text.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

MOST_STREAMS = 1 << 16
MOST_POSITIONS = 1 << 32
SEGMENT_FRAMES = 12  # of 20 ms
TAG_BYTES = 8
MOST_EPOCHS = 1 << 53  # a browser's whole numbers end there

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


class Message(BaseModel):
    """What all messages have in common: nothing is converted, nothing unknown is let through, nothing is changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def encode(value: bytes) -> str:
    """Return ``value`` in base64url without padding."""
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes that ``text`` stands for, base64url without padding.

    Raises:
        ValueError: it is not that, or not in the one form that there is for its bytes.
    """
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise ValueError("not base64url without padding")
    value = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(value) != text:
        raise ValueError("not the shortest base64url of its bytes")
    return value


def _taken(value: object) -> object:
    return decode(value) if isinstance(value, str) else value


def _whole_tag(value: bytes) -> bytes:
    if len(value) not in {0, TAG_BYTES}:
        raise ValueError(f"a tag has {TAG_BYTES} bytes, or none")
    return value


Binary = Annotated[bytes, BeforeValidator(_taken), PlainSerializer(encode, return_type=str, when_used="json")]
Key = Annotated[Binary, Field(min_length=32, max_length=32)]
Nonce = Annotated[Binary, Field(min_length=32, max_length=32)]
Signature = Annotated[Binary, Field(min_length=64, max_length=64)]
FrameTag = Annotated[Binary, AfterValidator(_whole_tag)]
SpeechPiece = Annotated[Binary, Field(min_length=1, max_length=8_192)]
GroupMessage = Annotated[Binary, Field(min_length=1, max_length=88_000)]
KeyPackage = Annotated[Binary, Field(min_length=1, max_length=1_000)]
MemberId = Annotated[str, Field(min_length=1, max_length=100)]
StreamNumber = Annotated[int, Field(ge=0, lt=MOST_STREAMS)]
OfferNumber = Annotated[int, Field(ge=0, lt=2**32)]
Position = Annotated[int, Field(ge=0, lt=MOST_POSITIONS)]
Epoch = Annotated[int, Field(ge=0, lt=MOST_EPOCHS)]
Sdp = Annotated[str, Field(min_length=1, max_length=48_000)]
