from hashlib import sha256

import pytest

from earmark.call.invitations import new_token, token_hash


def test_tokens_are_kept_as_hashes() -> None:
    token = new_token(bytes(range(32)))
    assert len(token) == 43
    assert token_hash(token) == sha256(token.encode()).digest()
    assert token_hash("\ud800") != token_hash("?")


def test_tokens_are_long() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        new_token(bytes(31))
