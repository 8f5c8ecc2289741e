"""The vault as calls use it: every request is carried out in one thread, in order, so that nobody waits for a disk.

One thread for all calls keeps their records in the order in which things happened; the vault lets one writer in at a
time anyway.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from time import monotonic
from typing import ParamSpec, TypeVar

from earmark.call.doubts import Doubt
from earmark.errors import VaultError
from earmark.records.calls.entries import CallCodes, CallRecord, Invitation
from earmark.records.calls.pieces import Piece
from earmark.records.calls.speech import Keeping
from earmark.records.vault import Vault

STUCK_S = 60.0
"""What takes longer will not end."""

P = ParamSpec("P")
T = TypeVar("T")


class Register:
    """A vault, used from an event loop.

    Every method may raise what the vault's raise. A request counts as made when the method is called and first waits:
    those made earlier are carried out earlier.

    Args:
        vault: stays the caller's, and is to be left alone until this is closed.
        timing: measures how long each request takes, from when it is made.
    """

    def __init__(self, vault: Vault, timing: Callable[[], AbstractContextManager[object]] = nullcontext) -> None:
        self._vault = vault
        self._timing = timing
        self._begun: float | None = None
        """When what is done with the vault now was begun."""
        self._asking: asyncio.Task[list[str]] | None = None
        """The last time that it was asked which calls others have taken, which may still go on."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vault")

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do ``work`` in the vault's thread."""
        loop = asyncio.get_running_loop()

        def timed() -> T:
            self._begun = monotonic()
            try:
                return work(*arguments, **named)
            finally:
                self._begun = None

        with self._timing():
            return await loop.run_in_executor(self._thread, timed)

    async def close(self) -> None:
        """Carry out what is waiting, hold no call any more, and end the thread."""
        await self.run(self._vault.calls.holding.end)
        await asyncio.to_thread(self._thread.shutdown)

    async def invitation(self, token_sha256: bytes) -> Invitation | None:
        """Return whom a link is for."""
        return await self.run(self._vault.calls.invitation, token_sha256)

    async def take(self, call_id: str, server: str) -> CallRecord:
        """Hold a call from now on; return what is known of it. One that has ended is held by nobody.

        Raises:
            ElsewhereError: another server holds it.
        """

        def work() -> CallRecord:
            record = self._vault.calls.get(call_id)
            if record.ended_at is None:
                self._vault.calls.take(call_id, server)
            return self._vault.calls.get(call_id)

        return await self.run(work)

    async def taken(self) -> list[str]:
        """Return which of the calls that are held other servers have taken; asked beside all that waits for the vault.

        Raises:
            VaultError: the database cannot be reached.
        """
        if self._asking is not None:
            await asyncio.wait([self._asking])  # one who was waited for no longer may still be at it
        self._asking = asyncio.create_task(asyncio.to_thread(self._vault.calls.holding.taken))
        return await asyncio.shield(self._asking)

    async def answers(self) -> None:
        """See that the vault can be read; asked beside all that waits for it, so that a busy one is not taken for dead.

        Raises:
            VaultError: it cannot be, or what is done with it now has taken a minute already.
        """
        begun = self._begun
        if begun is not None and monotonic() - begun > STUCK_S:
            raise VaultError("the vault has been at one thing for a minute", "Look at its disk, or its database.")
        await asyncio.to_thread(self._vault.ledger.head)

    async def ledger_root(self) -> str:
        """Return the ledger's Merkle root as it is now, in hexadecimal digits."""

        def work() -> str:
            return self._vault.ledger.head().root.hex()

        return await self.run(work)

    async def knows_device(self, listener_id: str, device: bytes) -> bool:
        """Tell whether somebody has consented to any call with that device."""
        return await self.run(self._vault.calls.knows_device, listener_id, device)

    async def consent(
        self, call_id: str, listener_id: str, *, nonce: bytes, receipt: str, signature: bytes, device: bytes
    ) -> None:
        """Put a receipt on record, and bind the invitation to the device."""
        stated = {"nonce": nonce, "signature": signature, "device": device}
        await self.run(self._vault.calls.consent, call_id, listener_id, receipt=receipt, **stated, binds=True)

    async def enter(self, call_id: str, listener_id: str) -> CallCodes:
        """Put on record that somebody comes in; return the call's codebook, with them in it."""

        def work() -> CallCodes:
            self._vault.calls.admitted(call_id, listener_id)
            return self._vault.calls.codes(call_id)

        return await self.run(work)

    async def exit(self, call_id: str, listener_id: str) -> None:
        """Put on record that somebody has gone."""
        await self.run(self._vault.calls.left, call_id, listener_id)

    async def dismiss(self, call_id: str, listener_id: str) -> None:
        """Put on record that somebody has to be let in again if they come back."""
        await self.run(self._vault.calls.dismiss, call_id, listener_id)

    async def remove(self, call_id: str, listener_id: str) -> None:
        """Put on record that somebody was removed for good."""
        await self.run(self._vault.calls.remove, call_id, listener_id)

    async def lock(self, call_id: str, locked: bool) -> None:
        """Put on record whether a call is locked."""
        await self.run(partial(self._vault.calls.lock, call_id, locked=locked))

    async def open_stream(self, call_id: str, speaker_id: str, mark_key: bytes) -> tuple[int, int]:
        """Put a stream on record; return its number, and the number of its first block in the codebook."""

        def work() -> tuple[int, int]:
            stream = self._vault.calls.open_stream(call_id, speaker_id, mark_key)
            return stream, self._vault.calls.open_block(call_id, stream)

        return await self.run(work)

    async def open_block(self, call_id: str, stream: int) -> int:
        """Put a stream's next block on record; return its number in the codebook."""
        return await self.run(self._vault.calls.open_block, call_id, stream)

    async def progress(self, call_id: str, stream: int, positions: int) -> None:
        """Put on record how far a stream is."""
        await self.run(self._vault.calls.progress, call_id, stream, positions)

    async def close_stream(self, call_id: str, stream: int, positions: int) -> None:
        """Put on record that a stream is over."""
        await self.run(self._vault.calls.close_stream, call_id, stream, positions)

    async def doubt(self, call_id: str, stream: int, doubt: Doubt) -> None:
        """Put on record that a stream cannot be relied on to be traced."""
        await self.run(self._vault.calls.doubt, call_id, stream, doubt)

    async def keep_speech(self, call_id: str, stream: int) -> Keeping:
        """Let a stream's speaker seal what they say for the vault."""
        return await self.run(self._vault.calls.keep_speech, call_id, stream)

    async def add_speech(self, call_id: str, stream: int, number: int, piece: Piece) -> None:
        """Take the next piece of what a stream's speaker has said."""
        await self.run(self._vault.calls.add_speech, call_id, stream, number, piece)

    async def end(self, call_id: str) -> None:
        """Put on record that a call is over."""
        await self.run(self._vault.calls.end, call_id)
