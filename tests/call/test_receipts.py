import json
from typing import Any

import pytest
from tests.members import Member

from earmark.call.notice import NOTICE_SHA256
from earmark.call.receipts import Expected, check_receipt
from earmark.call.wire import encode
from earmark.errors import CallError

ANNA, BEN = Member("anna"), Member("ben")
CHALLENGE = bytes(range(32))
EXPECTED = Expected("call-1", "anna", NOTICE_SHA256, "cd" * 32, CHALLENGE)


def text(**changes: Any) -> str:
    stated = {"notice_sha256": NOTICE_SHA256, "ledger_root": "cd" * 32, "challenge": encode(CHALLENGE)}
    return ANNA.receipt("call-1", **stated | changes)


def test_a_receipt_gives_its_nonce() -> None:
    receipt = text()
    signature = ANNA.device.sign(receipt.encode())
    assert check_receipt(receipt, signature, ANNA.public_key, EXPECTED) == ANNA.nonce()


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "earmark.receipt/2"},
        {"call": "call-2"},
        {"member": "ben"},
        {"notice_sha256": "00" * 32},
        {"notice_sha256": NOTICE_SHA256.upper()},
        {"ledger_root": "00" * 32},
        {"challenge": encode(bytes(32))},
        {"challenge": encode(CHALLENGE) + "="},
        {"nonce": encode(bytes(31))},
        {"nonce": None},
        {"more": 1},
    ],
)
def test_receipts_for_something_else_are_refused(changes: dict[str, Any]) -> None:
    receipt = text(**changes)
    with pytest.raises(CallError):
        check_receipt(receipt, ANNA.device.sign(receipt.encode()), ANNA.public_key, EXPECTED)


def test_the_device_has_to_sign_these_very_bytes() -> None:
    receipt = text()
    signature = ANNA.device.sign(receipt.encode())
    other = json.dumps(json.loads(receipt), indent=1)
    for signed, by, key in (
        (receipt, BEN.device.sign(receipt.encode()), ANNA.public_key),
        (receipt, signature, BEN.public_key),
        (other, signature, ANNA.public_key),
        (receipt, bytes(64), ANNA.public_key),
        (receipt, signature, bytes(31)),
    ):
        with pytest.raises(CallError, match="not signed"):
            check_receipt(signed, by, key, EXPECTED)
