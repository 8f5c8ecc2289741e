import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from earmark.call import schedule
from earmark.call.schedule import BLOCK_POSITIONS
from earmark.errors import CallError
from earmark.keys import derive

DEALER = X25519PrivateKey.from_private_bytes(bytes(range(32)))
SECRET = bytes(range(100, 132))

secrets = st.binary(min_size=32, max_size=32)


def sealed(secret: bytes, call_id: str = "r-abc", speaker: str = "anna") -> bytes:
    return schedule.SUITE.encrypt(secret, DEALER.public_key(), info=schedule.seal_info(call_id, speaker))


@given(secrets)
def test_the_dealer_opens_what_was_sealed_to_it(secret: bytes) -> None:
    wire = sealed(secret)
    assert len(wire) == schedule.SEALED_BYTES
    assert schedule.open_stream_secret(wire, DEALER, call_id="r-abc", speaker_id="anna") == secret


@pytest.mark.parametrize(
    "wire",
    [
        sealed(SECRET, call_id="r-abd"),
        sealed(SECRET, speaker="ben"),
        sealed(SECRET, call_id="r-ab", speaker="c\0anna"),
        sealed(SECRET)[:-1],
        sealed(SECRET[:-1]),
        b"",
        bytes(schedule.SEALED_BYTES),
    ],
)
def test_what_was_sealed_otherwise_is_refused(wire: bytes) -> None:
    with pytest.raises(CallError):
        schedule.open_stream_secret(wire, DEALER, call_id="r-abc", speaker_id="anna")


@given(secrets, st.integers(0, 3), st.integers(0, BLOCK_POSITIONS - 1), st.integers(1, 40))
def test_keys_of_a_stretch_are_those_of_its_positions(chain: bytes, block: int, start: int, count: int) -> None:
    first = block * BLOCK_POSITIONS + start
    if start + count > BLOCK_POSITIONS:
        with pytest.raises(ValueError, match="not of one block"):
            schedule.position_keys(chain, first, count)
        return
    keys = schedule.position_keys(chain, first, count)
    assert keys.shape == (count, 2, 32)
    for offset in {0, count // 2, count - 1}:
        for variant in (0, 1):
            context = (first + offset).to_bytes(4, "big") + bytes([variant])
            assert keys[offset, variant].tobytes() == derive(chain, "earmark/1 call position", context)


def test_no_two_keys_of_a_stream_are_alike() -> None:
    chain = schedule.first_chain(SECRET)
    found = {SECRET, schedule.mark_key(SECRET), chain}
    for block in range(3):
        keys = schedule.position_keys(chain, block * BLOCK_POSITIONS, BLOCK_POSITIONS)
        found |= set(map(bytes, np.reshape(keys, (-1, 32))))
        chain = schedule.next_chain(chain)
        found.add(chain)
    assert len(found) == 3 + 3 * (2 * BLOCK_POSITIONS + 1)
