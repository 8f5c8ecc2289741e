"""Where a server may listen: only where browsers let people speak."""

import pytest

from earmark.errors import UsageError
from earmark.server.running import Place


@pytest.mark.parametrize(
    "place",
    [
        Place(),
        Place(host="127.0.0.2"),
        Place(host="localhost"),
        Place(host="::1"),
        Place(host="192.0.2.1", public="https://calls.example"),
        Place(host="192.0.2.1", public="http://127.0.0.1:8080"),
        Place(public="http://[::1]:8080"),
    ],
)
def test_pages_are_secure(place: Place) -> None:
    place.check()


@pytest.mark.parametrize(
    "place",
    [
        Place(host="192.0.2.1"),
        Place(host="0.0.0.0"),  # noqa: S104 -- must be refused
        Place(host="127.example"),
        Place(host="localhost.example"),
        Place(public="http://calls.example"),
        Place(public="http://127.0.0.1.example"),
        Place(public="http://localhost.example"),
        Place(public="http://localhost@calls.example"),
        Place(public="calls.example"),
    ],
)
def test_others_are_refused(place: Place) -> None:
    with pytest.raises(UsageError):
        place.check()
