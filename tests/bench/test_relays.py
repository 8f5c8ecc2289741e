"""What is measured of relays."""

import asyncio
import shutil

import pytest

from bench import relays

_SECONDS = 0.6


@pytest.mark.parametrize("own", [False, True], ids=["as many frames", "rooms of their own"])
@pytest.mark.parametrize("name", ["built-in", "Janus"])
def test_every_frame_is_counted_once_and_never_before_it_was_sent(name: str, own: bool) -> None:
    if name == "Janus" and shutil.which("janus") is None:
        pytest.skip("Janus is not installed, so what it carries was not tested (make browsers)")
    found = asyncio.run(relays.measure(name, (2, 3), _SECONDS, rooms=2, own=own))
    assert found.load.sent == 2 * 2 * 3 * round(_SECONDS * relays.FRAMES)
    assert 0 < found.load.came <= found.load.sent
    assert min(found.load.delays_ms) > 0
    assert len(found.row) == len(relays.HEAD)
    assert len(found.rooms_row) == len(relays.ROOMS_HEAD)
