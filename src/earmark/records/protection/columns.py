"""Secrets in rows: each encrypted by itself, and bound to the row and column it belongs to.

Form, version 1: the byte 0x01; a random nonce of 12 bytes; AES-256-GCM-SIV (RFC 8452) of the secret, 16 bytes longer by
its tag. The associated data are the column and the row's names, joined by zero bytes, so that a value that is put into
another row or column does not open. The key is ``derive(vault key, "earmark/1 column")``. A nonce that should come
twice would tell no more than that two secrets are equal.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from earmark.errors import VaultError
from earmark.keys import derive

LABEL = "earmark/1 column"
VERSION = b"\x01"
NONCE_BYTES = 12


class Columns:
    """Seals and opens what is secret in the vault's tables.

    Args:
        vault_key: 32 bytes.
        randomness: gives that many random bytes.
    """

    def __init__(self, vault_key: bytes, randomness: Callable[[int], bytes]) -> None:
        self._cipher = AESGCMSIV(derive(vault_key, LABEL))
        self._randomness = randomness

    def seal(self, secret: bytes, column: str, *row: str) -> bytes:
        """Return ``secret`` in its encrypted form.

        Args:
            secret: any bytes.
            column: where it is kept, such as "recordings.mark_key".
            row: the names by which the row is found.
        """
        nonce = self._randomness(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, secret, _place(column, row))

    def open(self, sealed: bytes, column: str, *row: str) -> bytes:
        """Return the secret that ``seal`` has encrypted for this place.

        Raises:
            VaultError: it was changed, or encrypted for another place, or under another vault key.
        """
        if not isinstance(sealed, bytes) or sealed[:1] != VERSION:  # SQLite lets anybody put anything there
            raise _changed(column, row)
        nonce, text = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, text, _place(column, row))
        except (InvalidTag, ValueError) as error:  # the latter for what is too short
            raise _changed(column, row) from error


def _changed(column: str, row: tuple[str, ...]) -> VaultError:
    place = " of ".join((column, *row[::-1]))
    return VaultError(
        f"the vault's {place} was changed or moved: it does not open", "Bring the vault back from a backup."
    )


def _place(column: str, row: tuple[str, ...]) -> bytes:
    return "\x00".join((column, *row)).encode()
