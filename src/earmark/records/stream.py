"""Encrypted streams: libsodium's secretstream (XChaCha20-Poly1305) in chunks, so that files of any size can be sealed.

The 24-byte header of the stream, then chunks of 65,536 bytes, each 17 bytes longer by its tag. The last chunk, and no
other, is shorter than 65,536 bytes (it may be empty) and tagged final, so that a stream cut anywhere does not open.
Some bytes that the stream is bound to are authenticated with every chunk.
"""

from collections.abc import Iterator
from typing import Protocol

from nacl import bindings
from nacl.exceptions import CryptoError

CHUNK_BYTES = 65_536
TAG_BYTES = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE


class Source(Protocol):
    """What is read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to that many bytes."""


class Sink(Protocol):
    """What is written to."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


class SealingWriter:
    """Encrypts what is written to it; nothing is whole before ``finish``.

    Args:
        sink: takes the encrypted stream.
        key: 32 bytes.
        bound: what the stream is bound to.
    """

    def __init__(self, sink: Sink, key: bytes, bound: bytes) -> None:
        self._sink = sink
        self._bound = bound
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        self._waiting = bytearray()
        sink.write(bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, key))

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self._waiting += data
        while len(self._waiting) >= CHUNK_BYTES:
            self._push(bytes(self._waiting[:CHUNK_BYTES]), MESSAGE)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk."""
        self._push(bytes(self._waiting), FINAL)

    def _push(self, chunk: bytes, tag: int) -> None:
        self._sink.write(bindings.crypto_secretstream_xchacha20poly1305_push(self._state, chunk, self._bound, tag))


class OpeningReader:
    """Decrypts a stream; gives out nothing that has not proved genuine.

    Args:
        source: has the encrypted stream.
        key: 32 bytes.
        bound: what it is bound to.

    Raises:
        CryptoError: here or while it is read: the stream is cut, changed, or under another key.
    """

    def __init__(self, source: Source, key: bytes, bound: bytes) -> None:
        self._chunks = opened_chunks(source, key, bound)
        self._waiting = b""

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer only at the end."""
        while len(self._waiting) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._waiting += chunk
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    def require_end(self) -> None:
        """Read on to the end, which proves that nothing was cut off."""
        for _ in self._chunks:
            pass


def opened_chunks(source: Source, key: bytes, bound: bytes) -> Iterator[bytes]:
    """Yield the chunks of a stream, decrypted.

    Raises:
        CryptoError: it is cut, changed, or under another key.
    """
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    header = source.read(HEADER_BYTES)
    if len(header) != HEADER_BYTES:
        raise CryptoError("the stream has no header")
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    final = False
    while not final:
        block = source.read(CHUNK_BYTES + TAG_BYTES)
        if len(block) < TAG_BYTES:
            raise CryptoError("the stream is cut")
        chunk, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, block, bound)
        final = tag == FINAL
        if final != (len(chunk) < CHUNK_BYTES):
            raise CryptoError("the last chunk, and no other, is short")
        yield chunk
    if source.read(1):
        raise CryptoError("something follows the last chunk")
