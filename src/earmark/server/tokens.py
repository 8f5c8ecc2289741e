"""Where the host's token comes from: a new one at every start, or one that a file keeps."""

import os
from pathlib import Path

from earmark.api.inviting import Randomness
from earmark.call.invitations import TOKEN_BYTES, new_token
from earmark.call.wire import decode
from earmark.errors import UsageError
from earmark.records.protection.keyfiles import write_key_file


def host_token(file: Path | None, randomness: Randomness) -> str:
    """Return the host's token.

    Args:
        file: keeps it, and is made if need be; None for a new one that nothing keeps.
        randomness: gives that many bytes fit for keys.

    Raises:
        UsageError: there is something else in the file, or others may read it.
        VaultError: it cannot be written.
    """
    if file is not None and file.exists():
        return _read(file)
    token = new_token(randomness(TOKEN_BYTES))
    if file is not None:
        write_key_file(file, token)
    return token


def _read(file: Path) -> str:
    if file.is_dir():
        raise UsageError(f"{file} is a folder", "Name the file that keeps the host's token.")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise UsageError(f"others may read the host's token in {file}", f"Close it to them: chmod go= {file}")
    try:
        token = file.read_text("ascii").strip()
        whole = len(decode(token)) == TOKEN_BYTES
    except ValueError:
        whole = False
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "Check the path.") from error
    if not whole:
        raise UsageError(f"there is no host's token in {file}", "Remove it: a new one is made at the next start.")
    return token
