"""What somebody, or one of their devices, has heard of calls: whatever was said while they were there.

A member signs a receipt with their device's key each time before they come in, so that a stay belongs to the device
whose receipt was the last before it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from earmark.errors import UsageError
from earmark.records.calls.entries import CallRecord, Consent, Stay
from earmark.records.vault import Vault

SHORTEST_KEY = 8


@dataclass(frozen=True)
class Attended:
    """A call, and when somebody was there.

    Attributes:
        call: which.
        stays: from when to when, in UTC, and by which device; the earliest first.
    """

    call: CallRecord
    stays: tuple["Presence", ...]

    def within(self, first: datetime | None, end: datetime | None) -> "Attended":
        """Return the same with what of the stays is between two moments."""
        some = (stay.within(first, end) for stay in self.stays)
        return Attended(self.call, tuple(stay for stay in some if stay.end > stay.start))

    @property
    def spans(self) -> list[tuple[float, float]]:
        """From when to when they were there, in seconds from when the call's first member was let in."""
        began = self.call.started_at or min(stay.start for stay in self.stays)
        return [((stay.start - began).total_seconds(), (stay.end - began).total_seconds()) for stay in self.stays]


@dataclass(frozen=True)
class Presence:
    """From when to when somebody was in a call.

    Attributes:
        listener: who.
        device: the public key of their device, in hexadecimal; empty if it is not on record.
        start: in UTC.
        end: in UTC; now, if they are there still.
    """

    listener: str
    device: str
    start: datetime
    end: datetime

    def within(self, first: datetime | None, end: datetime | None) -> "Presence":
        """Return what of it is between two moments; of no length if nothing is."""
        start = max(self.start, first) if first else self.start
        return Presence(self.listener, self.device, start, max(start, min(self.end, end) if end else self.end))


def attended(vault: Vault, wanted: Callable[[Presence], bool]) -> Iterator[Attended]:
    """Yield the calls in which anybody was there as is wanted, the oldest first."""
    now = datetime.now(UTC)
    for listed in vault.calls.all():
        call = vault.calls.get(listed.id)
        consents = vault.calls.consents(listed.id)
        until = call.ended_at or now
        stays = (presence(stay, consents, until) for stay in call.attendance)
        chosen = tuple(stay for stay in stays if wanted(stay))
        if chosen:
            yield Attended(call, chosen)


def presence(stay: Stay, consents: Iterable[Consent], until: datetime) -> Presence:
    """Return a stay with its device."""
    before = [one for one in consents if one.listener_id == stay.listener_id and one.consented_at <= stay.admitted_at]
    device = before[-1].device.hex() if before else ""
    return Presence(stay.listener_id, device, stay.admitted_at, stay.left_at or until)


def device_of(vault: Vault, start: str) -> tuple[str, tuple[str, ...]]:
    """Return the key of the one device whose key starts so, in hexadecimal, and who has signed with it.

    Raises:
        UsageError: there is none, or more than one.
    """
    start = start.lower()
    users: dict[str, set[str]] = {}
    if len(start) >= SHORTEST_KEY:
        for call in vault.calls.all():
            for one in vault.calls.consents(call.id):
                if one.device.hex().startswith(start):
                    users.setdefault(one.device.hex(), set()).add(one.listener_id)
    if len(users) != 1:
        what = f"may be any of {len(users)} devices" if users else "is the key of no device that was in a call"
        raise UsageError(
            f"{start!r} {what}",
            f"“earmark calls show” lists them; {SHORTEST_KEY} digits or more of one will do.",
        )
    ((key, people),) = users.items()
    return key, tuple(sorted(people))
