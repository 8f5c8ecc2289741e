"""Tokens: what is in the links that let people in. Only their hashes are ever kept."""

from hashlib import sha256

from earmark.call.wire import encode

TOKEN_BYTES = 32


def new_token(random: bytes) -> str:
    """Return the token that 32 random bytes are, for a link.

    Raises:
        ValueError: there are not 32 of them.
    """
    if len(random) != TOKEN_BYTES:
        raise ValueError(f"a token has {TOKEN_BYTES} bytes, not {len(random)}")
    return encode(random)


def token_hash(token: str) -> bytes:
    """Return the SHA-256 of a token's text: what is kept of it."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
