"""Opening calls, and inviting people to them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from earmark.api.finding import DETECTOR
from earmark.call.invitations import TOKEN_BYTES, new_token, token_hash
from earmark.records.calls.entries import NewCall
from earmark.records.ledger.canonical import Json
from earmark.records.listeners import Listener
from earmark.records.vault import Vault
from earmark.signal.calls import DEPTH, SEGMENT_MS, SLOT_MS

COALITION = 4

Randomness = Callable[[int], bytes]


@dataclass(frozen=True)
class Invited:
    """Somebody's invitation.

    Attributes:
        id: theirs.
        name: theirs; may be empty.
        token: for the link; nothing keeps it but this.
    """

    id: str
    name: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class CallOpened:
    """A new call.

    Attributes:
        id: the call's.
        host: the host's invitation.
        people: the others'.
    """

    id: str
    host: Invited
    people: tuple[Invited, ...]


def open_call(
    vault: Vault,
    title: str,
    host: Listener,
    people: Iterable[Listener],
    *,
    rules: Mapping[str, Json],
    classification: str = "",
    randomness: Randomness,
) -> CallOpened:
    """Put a new call on record, commit to its codebook, and invite people to it.

    Args:
        vault: gets the call.
        title: for people to read, and to choose it by.
        host: lets the others in, and hears them as everybody does.
        people: the others; whoever has the host's id is taken for the host.
        rules: what is demanded of those who come.
        classification: how confidential it is, in the owner's words.
        randomness: gives that many bytes fit for keys.

    Raises:
        ListenersError: two ids differ in nothing but case.
    """
    others = [person for person in people if person.id != host.id]
    new = NewCall(
        title=title,
        classification=classification,
        rules=rules,
        coalition=COALITION,
        segment_ms=SEGMENT_MS,
        slot_ms=SLOT_MS,
        depth=DEPTH,
        detector=DETECTOR,
    )
    call = vault.calls.create(new, [host, *others])
    return CallOpened(
        call.id,
        _invite(vault, call.id, host, randomness, host=True),
        tuple(_invite(vault, call.id, person, randomness) for person in others),
    )


def invite_more(
    vault: Vault, call_id: str, people: Sequence[Listener], *, randomness: Randomness
) -> tuple[Invited, ...]:
    """Invite more people to a call; who was invited already gets a new link, and the old one does not hold any more.

    Raises:
        ListenersError: two ids differ in nothing but case.
        UsageError: there is no such call, it is over, or somebody is its host.
    """
    vault.calls.add_people(call_id, people)
    return tuple(_invite(vault, call_id, person, randomness) for person in people)


def _invite(vault: Vault, call_id: str, person: Listener, randomness: Randomness, *, host: bool = False) -> Invited:
    token = new_token(randomness(TOKEN_BYTES))
    vault.calls.invite(call_id, person.id, token_hash(token), host=host)
    return Invited(person.id, person.name, token)
