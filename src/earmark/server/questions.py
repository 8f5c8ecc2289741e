"""The HTTP interface for hosts: opening calls, inviting people, and looking at what happened."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import asdict
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import Field

from earmark.api.calling import call, calls
from earmark.api.inviting import Invited, Randomness, invite_more, open_call
from earmark.call.replies import Rules
from earmark.call.wire import MemberId, Message
from earmark.errors import ListenersError
from earmark.records.listeners import Listener, read_listeners
from earmark.records.vault import Vault
from earmark.server.register import Register

MOST_PEOPLE = 1000
MOST_LIST_CHARACTERS = 400_000

Text = Annotated[str, Field(max_length=500)]


class Guest(Message):
    """Somebody to be invited."""

    id: MemberId
    name: Text = ""
    email: Text = ""

    @property
    def listener(self) -> Listener:
        """The same, checked as a list's lines are."""
        return Listener(self.id, self.name, self.email)


class People(Message):
    """People to be invited, one by one or as a list.

    Attributes:
        people: one by one.
        list: CSV or JSON lines, as “earmark mark --to” takes them.
    """

    people: Annotated[tuple[Guest, ...], Field(max_length=MOST_PEOPLE, strict=False)] = ()
    list: Annotated[str, Field(max_length=MOST_LIST_CHARACTERS)] = ""

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """All of them.

        Raises:
            ListenersError: somebody cannot be read, or there are too many.
        """
        listed = read_listeners(BytesIO(self.list.encode("utf-8"))) if self.list.strip() else []
        everybody = (*(person.listener for person in self.people), *listed)
        if len(everybody) > MOST_PEOPLE:
            raise ListenersError(f"the call has more than {MOST_PEOPLE} people", "Split it.")
        return everybody


class NewCall(People):
    """A call to be opened."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    classification: Text = ""
    rules: Rules = Rules()
    host: Guest = Guest(id="host", name="Host")


class Link(Message):
    """Somebody's invitation; it is shown once, and kept by nobody."""

    id: str
    name: str
    link: str = Field(repr=False)


class Links(Message):
    """Invitations."""

    links: list[Link]


class CallMade(Links):
    """A call that was opened."""

    id: str
    host_link: str = Field(repr=False)


def guarded(guard: Callable[[Request], None]) -> type[APIRoute]:
    """Return routes that let `guard` look at a request before a byte of its body is read."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def guarded_answer(request: Request) -> Response:
                guard(request)
                return await answer(request)

            return guarded_answer

    return Guarded


def questions(
    register: Register, vault: Vault, address: str, guard: Callable[[Request], None], randomness: Randomness
) -> APIRouter:
    """Return the interface.

    Args:
        register: in whose thread the vault is asked.
        vault: what is asked.
        address: of the page, such as "https://calls.example/".
        guard: lets hosts pass.
        randomness: gives that many bytes fit for tokens.
    """
    router = APIRouter(prefix="/api/calls", route_class=guarded(guard))

    def link(invited: Invited) -> Link:
        return Link(id=invited.id, name=invited.name, link=f"{address}#join={invited.token}")

    @router.post("", status_code=201)
    async def make(new: NewCall) -> CallMade:
        made = await register.run(
            open_call,
            vault,
            new.title,
            new.host.listener,
            new.listeners,
            rules=new.rules.model_dump(),
            classification=new.classification,
            randomness=randomness,
        )
        return CallMade(id=made.id, host_link=link(made.host).link, links=_links(made.people, link))

    @router.post("/{call_id}/people", status_code=201)
    async def invite(call_id: str, more: People) -> Links:
        made = await register.run(invite_more, vault, call_id, more.listeners, randomness=randomness)
        return Links(links=_links(made, link))

    @router.get("")
    async def all_calls() -> dict[str, Any]:
        return asdict(await register.run(calls, vault))

    @router.get("/{call_id}")
    async def one_call(call_id: str) -> dict[str, Any]:
        return asdict(await register.run(call, vault, call_id))

    return router


def _links(people: Iterable[Invited], link: Callable[[Invited], Link]) -> list[Link]:
    return [link(person) for person in people]
