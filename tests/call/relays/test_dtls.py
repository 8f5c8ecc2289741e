"""What the relay leans on in aiortc without being told it may; each version may change it."""

import inspect
from importlib.metadata import version

from aiortc import RTCDtlsTransport

from earmark.call.relays.dtls import Link
from earmark.call.relays.ice import Path


def test_leans_on_versions_that_were_looked_at() -> None:
    assert version("aiortc").startswith("1.16.")
    assert version("aioice").startswith("0.13.")


def test_takes_the_place_of_what_is_there() -> None:
    for name in ("_handle_rtp_data", "_handle_rtcp_data"):
        ours, theirs = (inspect.signature(getattr(owner, name)) for owner in (Link, RTCDtlsTransport))
        assert list(ours.parameters) == list(theirs.parameters)
        assert inspect.iscoroutinefunction(getattr(RTCDtlsTransport, name))


def test_calls_what_is_there() -> None:
    assert list(inspect.signature(RTCDtlsTransport._send_rtp).parameters) == ["self", "data"]
    assert list(inspect.signature(RTCDtlsTransport._set_role).parameters) == ["self", "role"]


def test_a_path_has_all_that_is_asked_of_a_transport() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    asked = {word.split("self.transport.")[1] for word in source.split() if word.startswith("self.transport.")}
    names = {name.split("(")[0].rstrip(",)") for name in asked}
    assert names <= {"_recv", "role", "_send"}, names
    assert all(hasattr(Path, name) for name in names)
