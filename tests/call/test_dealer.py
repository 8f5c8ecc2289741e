import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from earmark.call import schedule
from earmark.call.dealer import Dealer, Hand
from earmark.call.schedule import BLOCK_POSITIONS
from earmark.codes.biases import RULES
from earmark.codes.codebook import Codebook
from earmark.errors import CallError

KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
SEED = bytes([7] * 32)
SECRETS = {name: bytes([number] * 32) for number, name in enumerate(("anna", "ben", "chloe"))}
STREAM_SECRET = bytes([9] * 32)
GLOBALS = (2, 0, 5)  # which blocks of the codebook the stream's are


def dealer(blocks: int = 1) -> Dealer:
    made = Dealer("call-1", 4, RULES, KEY)
    made.know(SEED, SECRETS)
    made.open_stream(3, "anna", STREAM_SECRET)
    for number in GLOBALS[:blocks]:
        made.open_block(3, number)
    return made


def chain(block: int) -> bytes:
    found = schedule.first_chain(STREAM_SECRET)
    for _ in range(block):
        found = schedule.next_chain(found)
    return found


def picked(hand: Hand, count: int) -> list[tuple[int, bytes]]:
    bits = np.unpackbits(np.frombuffer(hand.bits, np.uint8))
    assert len(hand.bits) == -(-count // 8)
    assert not bits[count:].any()
    assert len(hand.keys) == 32 * count
    return [(int(bits[i]), hand.keys[32 * i : 32 * i + 32]) for i in range(count)]


@given(st.integers(0, 2), st.integers(0, BLOCK_POSITIONS - 1), st.integers(1, 90), st.sampled_from(["ben", "chloe"]))
def test_everybody_gets_what_their_codeword_picks(block: int, start: int, count: int, listener: str) -> None:
    count = min(count, BLOCK_POSITIONS - start)
    first = block * BLOCK_POSITIONS + start
    hand = dealer(3).deal(3, listener, first, count)
    assert hand.first == first
    book = Codebook(b"call-1", SEED, 4, 6 * BLOCK_POSITIONS)
    codeword = book.codeword(SECRETS[listener])[GLOBALS[block] * BLOCK_POSITIONS :]
    for offset, (bit, key) in enumerate(picked(hand, count)):
        assert bit == codeword[start + offset]
        assert key == schedule.position_key(chain(block), first + offset, bit)


def test_pieces_make_up_the_whole() -> None:
    whole = picked(dealer().deal(3, "ben", 0, BLOCK_POSITIONS), BLOCK_POSITIONS)
    in_pieces = dealer()
    pieces = [in_pieces.deal(3, "ben", first, 128) for first in range(0, BLOCK_POSITIONS, 128)]
    assert [one for piece in pieces for one in picked(piece, 128)] == whole


def test_listeners_differ() -> None:
    dealing = dealer()
    hands = [dealing.deal(3, name, 0, BLOCK_POSITIONS) for name in ("ben", "chloe")]
    differing = sum(a != b for a, b in zip(*(picked(hand, BLOCK_POSITIONS) for hand in hands), strict=True))
    assert BLOCK_POSITIONS / 4 < differing < 3 * BLOCK_POSITIONS / 4


@pytest.mark.parametrize(
    ("stream", "listener", "first", "count", "why"),
    [
        (3, "anna", 0, 64, "own stream"),
        (3, "dora", 0, 64, "not in the call"),
        (4, "ben", 0, 64, "no stream 4"),
        (3, "ben", 0, 0, "one block"),
        (3, "ben", BLOCK_POSITIONS - 1, 2, "one block"),
        (3, "ben", BLOCK_POSITIONS, 1, "one block"),
        (3, "ben", -1, 1, "one block"),
    ],
)
def test_nothing_else_is_dealt(stream: int, listener: str, first: int, count: int, why: str) -> None:
    with pytest.raises(CallError, match=why):
        dealer().deal(stream, listener, first, count)


def test_whoever_has_gone_is_forgotten() -> None:
    dealing = dealer()
    before = dealing.deal(3, "ben", 0, 64)
    dealing.forget("ben")
    with pytest.raises(CallError, match="not in the call"):
        dealing.deal(3, "ben", 0, 64)
    dealing.know(SEED, {"ben": SECRETS["ben"]})
    assert dealing.deal(3, "ben", 0, 64) == before
    dealing.forget("nobody")


def test_what_is_over_is_forgotten() -> None:
    dealing = dealer(2)
    dealing.passed(3, BLOCK_POSITIONS - 1)
    dealing.deal(3, "ben", 0, 64)
    dealing.passed(3, BLOCK_POSITIONS)
    with pytest.raises(CallError, match="under way"):
        dealing.deal(3, "ben", 0, 64)
    dealing.deal(3, "ben", BLOCK_POSITIONS, 64)
    dealing.close_stream(3)
    for use in (lambda: dealing.deal(3, "ben", BLOCK_POSITIONS, 64), lambda: dealing.open_block(3, 1)):
        with pytest.raises(CallError, match="no stream"):
            use()
    dealing.close_stream(3)
    dealing.passed(3, 0)


def test_streams_are_unsealed_for_their_speakers_alone() -> None:
    dealing = dealer()
    info = schedule.seal_info("call-1", "anna")
    assert dealing.public_key == KEY.public_key().public_bytes_raw()
    sealed = schedule.SUITE.encrypt(STREAM_SECRET, KEY.public_key(), info=info)
    assert dealing.unseal(sealed, "anna") == STREAM_SECRET
    with pytest.raises(CallError):
        dealing.unseal(sealed, "ben")


def test_keys_are_not_shown() -> None:
    dealing = dealer()
    hand = dealing.deal(3, "ben", 0, 64)
    assert repr(hand.keys) not in repr(hand)
