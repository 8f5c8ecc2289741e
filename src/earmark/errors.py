"""What can go wrong, said so that a person knows what to do next."""

import errno

HINTS = {
    errno.ENOSPC: "Is there space on the disk?",
    errno.EDQUOT: "Is there space on the disk?",
    errno.ENOENT: "Is the folder there?",
    errno.EEXIST: "There is a file of that name.",
    errno.ENOTDIR: "Something before the last name in it is a file, not a folder.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EROFS: "Choose another disk: this one is for reading only.",
    errno.EACCES: "Who may write there?",
    errno.EPERM: "Who may write there?",
}


def what_helps(error: OSError) -> str:
    """Return what helps where a file could not be read or written."""
    return HINTS.get(error.errno or 0, "Check the path and who owns it.")


class EarmarkError(Exception):
    """An expected failure: one sentence that says what is wrong, and one that says what helps.

    Attributes:
        hint: what the user can do about it; empty where there is nothing to say.
        exit_status: what the command line exits with.
    """

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(EarmarkError):
    """The request itself makes no sense: a wrong option, list or name."""

    exit_status = 2


class InputError(EarmarkError):
    """A file that is named is not there, or cannot be read."""


class MediaError(EarmarkError):
    """A file cannot be read as sound, or cannot be written."""


class ListenersError(UsageError):
    """A list of listeners is malformed."""


class VaultError(EarmarkError):
    """The vault cannot be opened, read or written."""


class CallError(EarmarkError):
    """A call cannot do what somebody's browser, or a relay, asks of it."""


class RelayError(CallError):
    """Sound cannot be passed on: a relay does not run, or what a browser sent it makes no sense."""


class ElsewhereError(CallError):
    """A call is held by another server.

    Attributes:
        server: what people call that; empty where they call it nothing.
    """

    def __init__(self, server: str) -> None:
        super().__init__(f"another server holds the call{f': {server}' if server else ''}", "Connect again.")
        self.server = server
