"""Who may enter: the rules of a call, and of its room as it is now."""

from earmark.call.events import Connected
from earmark.call.replies import Refused, RefusedFor, Rules

HINTS: dict[RefusedFor, str] = {
    "invitation": "The link is not valid. Ask the host for a new one.",
    "device": "This link was first used on another device or browser. Open it there, or ask the host for a new one.",
    "browser": "This browser cannot encrypt calls end to end. Use a current Chrome, Edge, Firefox or Safari.",
    "locked": "The host has locked the room. Ask them to open it.",
    "full": "As many people as the host allows are in the call.",
    "ended": "This call is over.",
    "host": "The host has not let you in.",
    "protocol": "The page and the server do not understand each other. Reload the page.",
}  # fmt: skip
UNKNOWN_DEVICE = "Only devices that were in an earlier call may enter. Use the one that you used then, or ask the host."


def refusal(reason: RefusedFor, hint: str = "") -> Refused:
    """Return the message that says why somebody may not enter, and what helps."""
    return Refused(reason=reason, hint=hint or HINTS[reason])


def barred(
    coming: Connected, rules: Rules, *, removed: bool, expected_back: bool, locked: bool, full: bool
) -> Refused | None:
    """Return why somebody may not come in, or None if they may.

    Args:
        coming: who, and with what.
        rules: the call's.
        removed: whether a host has removed them.
        expected_back: whether they were in the call until their connection was lost.
        locked: whether the room is locked.
        full: whether nobody else may enter.
    """
    invited, hello = coming.invited, coming.hello
    if removed:
        return refusal("host")
    if invited.device not in {None, hello.device}:
        return refusal("device")
    if rules.known_devices_only and not (invited.known or invited.host):
        return refusal("device", UNKNOWN_DEVICE)
    if not hello.encoded_transform:
        return refusal("browser")
    if locked and not (expected_back or invited.host):
        return refusal("locked")
    return refusal("full") if full and not expected_back else None
