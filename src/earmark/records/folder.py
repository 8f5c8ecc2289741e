"""The vault's folder: where it is, and that nobody but its owner gets in."""

import os
from pathlib import Path

from platformdirs import user_data_path

from earmark.errors import VaultError


def default_folder() -> Path:
    """Return where the vault is unless someone says otherwise: in the platform's folder for the user's data."""
    return user_data_path("earmark") / "vault"


def make_private(folder: Path) -> None:
    """Make ``folder`` if need be, and see that it is its owner's only.

    Raises:
        VaultError: it cannot be made, or has something in it that others may reach.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            folder.chmod(0o700)
    except OSError as error:
        raise VaultError(f"no vault can be made in {folder}: {error.strerror}", "Choose another folder.") from error
    check_private(folder)


def check_private(*paths: Path) -> None:
    """Refuse what others may read or write; Windows has no such bits.

    Raises:
        VaultError: a path is missing, cannot be read, or is open to others.
    """
    for path in paths:
        try:
            mode = path.stat().st_mode
        except FileNotFoundError as error:
            raise VaultError(f"there is no vault at {path}", "Make one with “earmark init”.") from error
        except OSError as error:
            raise VaultError(f"{path} cannot be read: {error.strerror}", "Check who owns it.") from error
        if os.name == "posix" and mode & 0o077:
            raise VaultError(f"others may read {path}", f"Close it to them: chmod go= {path}")
