"""The dealer: knows every listener's codeword, and deals each of them the keys that it picks, and no others.

It is no member of the group whose keys go into every frame, so it cannot hear. Of a stream it keeps the chains of the
blocks that are under way, and forgets each when the block is over; the keys of both variants are derived from it a few
positions at a time, when somebody is dealt the first of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from earmark.call import schedule
from earmark.call.schedule import BLOCK_POSITIONS, PositionKeys
from earmark.codes.codebook import Bits, Codebook
from earmark.errors import CallError
from earmark.keys import SECRET_BYTES

SLICE_POSITIONS = 64
_SLICES = BLOCK_POSITIONS // SLICE_POSITIONS


@dataclass(frozen=True)
class Hand:
    """Keys for one listener at consecutive positions of a stream.

    Attributes:
        first: the first position.
        bits: which variant each key opens, the first in the most significant bit.
        keys: 32 bytes for each position.
    """

    first: int
    bits: bytes
    keys: bytes = field(repr=False)


class Block:
    """1,024 positions of a stream.

    Args:
        number: of the block in the stream.
        chain: 32 bytes.
        codebook: of the call, up to and including this block.
        global_number: where the block is in the codebook.
    """

    def __init__(self, number: int, chain: bytes, codebook: Codebook, global_number: int) -> None:
        self.chain = chain
        self._first = number * BLOCK_POSITIONS
        self._codebook = codebook
        self._first_segment = global_number * BLOCK_POSITIONS
        self._keys: PositionKeys = np.empty((BLOCK_POSITIONS, 2, SECRET_BYTES), np.uint8)
        self._derived = np.zeros(_SLICES, np.bool_)
        self._bits: dict[str, Bits] = {}

    def hand(self, listener: str, secret: bytes, first: int, count: int) -> Hand:
        """Return a listener's keys at ``count`` positions from ``first`` on, all of this block."""
        start = first - self._first
        self._derive(start, count)
        if listener not in self._bits:
            self._bits[listener] = self._codebook.stretch(secret, self._first_segment, BLOCK_POSITIONS)
        bits = self._bits[listener][start : start + count]
        keys = self._keys[np.arange(start, start + count), bits]
        return Hand(first, np.packbits(bits).tobytes(), keys.tobytes())

    def forget(self, listener: str) -> None:
        """Forget a listener's codeword."""
        self._bits.pop(listener, None)

    def _derive(self, start: int, count: int) -> None:
        """See that the keys of ``count`` positions from the block's ``start``-th on are there."""
        wanted = np.arange(start // SLICE_POSITIONS, (start + count - 1) // SLICE_POSITIONS + 1)
        for slice_number in wanted[~self._derived[wanted]]:
            first = int(slice_number) * SLICE_POSITIONS
            found = schedule.position_keys(self.chain, self._first + first, SLICE_POSITIONS)
            self._keys[first : first + SLICE_POSITIONS] = found
            self._derived[slice_number] = True


@dataclass
class Stream:
    """One stream of a speaker, as far as it is under way.

    Attributes:
        speaker: whose it is.
        chain: of the next block.
        next_block: which that is.
        blocks: those under way, by number.
        globals: where each block that has begun is in the codebook.
    """

    speaker: str
    chain: bytes = field(repr=False)
    next_block: int = 0
    blocks: dict[int, Block] = field(default_factory=dict, repr=False)
    globals: list[int] = field(default_factory=list)


class Dealer:
    """Deals the keys of one call.

    Args:
        call_id: the call's.
        coalition: how many colluders its codebook is made against.
        rules: those that its biases are drawn by; see `earmark.codes.biases`.
        key: to which speakers seal the secrets of their streams.
    """

    def __init__(self, call_id: str, coalition: int, rules: int, key: X25519PrivateKey) -> None:
        self._call_id = call_id
        self._coalition, self._rules = coalition, rules
        self._key = key
        self._bias_seed = b""
        self._secrets: dict[str, bytes] = {}
        self._streams: dict[int, Stream] = {}

    @property
    def public_key(self) -> bytes:
        """To which speakers seal the secrets of their streams, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def know(self, bias_seed: bytes, secrets: Mapping[str, bytes]) -> None:
        """Take the codebook: the call's bias seed, and listeners' effective secrets, 32 bytes each."""
        self._bias_seed = bias_seed
        self._secrets |= secrets

    def forget(self, listener: str) -> None:
        """Forget a listener: nothing more is dealt to them until they are known again."""
        self._secrets.pop(listener, None)
        for stream in self._streams.values():
            for block in stream.blocks.values():
                block.forget(listener)

    def unseal(self, sealed: bytes, speaker: str) -> bytes:
        """Return the stream secret that a speaker has sealed, 32 bytes.

        Raises:
            CallError: it is none, or is not theirs.
        """
        return schedule.open_stream_secret(sealed, self._key, call_id=self._call_id, speaker_id=speaker)

    def open_stream(self, stream: int, speaker: str, secret: bytes) -> None:
        """Begin a stream; it has no blocks yet."""
        self._streams[stream] = Stream(speaker, schedule.first_chain(secret))

    def open_block(self, stream: int, global_number: int) -> None:
        """Begin a stream's next block, which is the ``global_number``-th of the codebook.

        Raises:
            CallError: there is no such stream.
        """
        of = self._stream(stream)
        of.blocks[of.next_block] = Block(of.next_block, of.chain, self._codebook(global_number), global_number)
        of.globals.append(global_number)
        of.chain = schedule.next_chain(of.chain)
        of.next_block += 1

    def passed(self, stream: int, position: int) -> None:
        """Forget the blocks of a stream that are over when it is at ``position``."""
        if stream in self._streams:
            blocks = self._streams[stream].blocks
            for number in [number for number in blocks if (number + 1) * BLOCK_POSITIONS <= position]:
                del blocks[number]

    def close_stream(self, stream: int) -> None:
        """Forget a stream."""
        self._streams.pop(stream, None)

    def deal(self, stream: int, listener: str, first: int, count: int) -> Hand:
        """Return the keys that a listener's codeword picks.

        Args:
            stream: whose keys.
            listener: whose codeword.
            first: the first position.
            count: how many, at least one, all of one block.

        Raises:
            CallError: it is their own stream, they are not known, or the positions are not of one block under way.
        """
        of = self._stream(stream)
        if listener == of.speaker:
            raise CallError("nobody is dealt the keys of their own stream")
        if listener not in self._secrets:
            raise CallError("nothing is dealt to somebody who is not in the call")
        block = of.blocks.get(first // BLOCK_POSITIONS)
        if block is None or count < 1 or first // BLOCK_POSITIONS != (first + count - 1) // BLOCK_POSITIONS:
            raise CallError(f"positions {first} to {first + count - 1} are not of one block under way")
        return block.hand(listener, self._secrets[listener], first, count)

    def bits(self, stream: int, position: int, listeners: Iterable[str]) -> dict[str, int]:
        """Return which variant listeners hold at a position; who is not known is left out.

        Raises:
            CallError: there is no such stream, or it has not come so far.
        """
        of = self._stream(stream)
        block, place = divmod(position, BLOCK_POSITIONS)
        if not 0 <= block < len(of.globals):
            raise CallError(f"stream {stream} has no keys for position {position}")
        codebook, segment = self._codebook(of.globals[block]), of.globals[block] * BLOCK_POSITIONS + place
        known = {one: self._secrets[one] for one in listeners if one in self._secrets and one != of.speaker}
        return {one: int(codebook.stretch(secret, segment, 1)[0]) for one, secret in known.items()}

    def _codebook(self, block: int) -> Codebook:
        """Return the codebook up to and including a block."""
        segments = (block + 1) * BLOCK_POSITIONS
        return Codebook(self._call_id.encode("ascii"), self._bias_seed, self._coalition, segments, self._rules)

    def _stream(self, stream: int) -> Stream:
        if stream not in self._streams:
            raise CallError(f"there is no stream {stream}")
        return self._streams[stream]
