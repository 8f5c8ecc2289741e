"""Time stamps from an authority on this machine, which answers as it once did."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.cli.conftest import Earmark
from tests.records.ledger.test_stamps import HEADS, REPLY, VECTORS

from earmark.records.ledger.log import Ledger
from earmark.records.ledger.stamps import REPLY_TYPE, REQUEST_TYPE, request_for


class Authority(BaseHTTPRequestHandler):
    """Stamps the head of the vectors, and nothing else."""

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["Content-Length"]))
        known = request == request_for(HEADS[-1]) and self.headers["Content-Type"] == REQUEST_TYPE
        self.send_response(200 if known else 400)
        self.send_header("Content-Type", REPLY_TYPE)
        self.end_headers()
        self.wfile.write(REPLY if known else b"")

    def log_message(self, *_anything: object) -> None:
        """Say nothing."""


@pytest.fixture
def authority() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Authority) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def known_head() -> Iterator[pytest.MonkeyPatch]:
    """The ledger's head is that of the vectors, for which there is a stamp; until this is undone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "head", lambda _ledger, size=None: HEADS[(size or len(HEADS)) - 1])
        yield patch


@pytest.mark.usefixtures("known_head")
def test_a_stamp_is_kept_and_checked(marked: Earmark, authority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = marked("ledger", "stamp", "--authority", authority)
    assert answer.out == f"7 entries stamped at 2026-11-23 09:58:31 UTC by {authority}\n"
    assert "by whom is not checked" in marked("ledger", "verify").out
    monkeypatch.setenv("EARMARK_STAMP_ROOTS", str(VECTORS / "stamp-root.pem"))
    verified = marked("ledger", "verify", "--json").json
    assert verified["stamps"] == [
        {"entries": 7, "stamped_at": "2026-11-23T09:58:31+00:00", "by_roots": True, "what": ""}
    ]


def test_a_stamp_of_another_ledger_does_not_hold(
    marked: Earmark, authority: str, known_head: pytest.MonkeyPatch
) -> None:
    assert marked("ledger", "stamp", "--authority", authority).status == 0
    known_head.undo()
    answer = marked("ledger", "verify")
    assert answer.status == 5
    assert "of the ledger's first 7 entries: the time stamp does not hold" in answer.out


def test_an_authority_that_refuses_or_is_not_there_stamps_nothing(marked: Earmark, authority: str) -> None:
    for address, what in ((authority, "400"), ("http://127.0.0.1:9", "cannot be asked")):
        answer = marked("ledger", "stamp", "--authority", address)
        assert answer.status == 1
        assert what in answer.err
    for address in ("file:///etc/passwd", "vera"):
        assert "no address of an authority" in marked("ledger", "stamp", "--authority", address).err
    assert marked("ledger", "stamp").status == 2
    assert marked("ledger", "verify", "--json").json["stamps"] == []


def test_marking_and_tracing_go_on_without_the_authority(earmark: Earmark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARMARK_STAMP_URL", "http://127.0.0.1:9")
    assert earmark("init").status == 0
    done = earmark("mark", "briefing.wav", "--to", "staff.csv", "--out", "copies")
    assert done.status == 0
    assert "the ledger has no time stamp of this" in done.err
    assert earmark("trace", Path("copies/anna.wav")).status == 0
