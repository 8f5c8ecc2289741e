"""Where the keys to a vault come from: the environment, files, officers, or somebody at a terminal."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path

from earmark.errors import VaultError
from earmark.records.protection.keyfiles import parse_key, read_key, read_officer
from earmark.records.protection.ways import Way, officer_ids, open_with_key, open_with_officers, open_with_passphrase

KEY_VARIABLE = "EARMARK_VAULT_KEY"
FILE_VARIABLE = "EARMARK_VAULT_KEY_FILE"
OFFICERS_VARIABLE = "EARMARK_OFFICER_FILES"
KEYS_FOLDER = "keys"
NEXT = ".next"

_HOW = f"Set {FILE_VARIABLE} to the key file, or {KEY_VARIABLE} to its text."


def default_key_file(vault_id: str) -> Path:
    """Return where a vault's key is unless someone says otherwise: in the folder for settings, apart from the vault."""
    return user_config_path("earmark") / KEYS_FOLDER / f"{vault_id}.key"


@dataclass(frozen=True)
class Sources:
    """What is at hand to open a vault with.

    Attributes:
        key_file: a key file; None for the variable EARMARK_VAULT_KEY_FILE, or the default one if it is there.
        officer_files: officers' files, two of which are needed; those that EARMARK_OFFICER_FILES names if empty.
        ask: asks somebody for the passphrase; None where nobody is there.
    """

    key_file: Path | None = None
    officer_files: tuple[Path, ...] = ()
    ask: Callable[[], str] | None = None

    def named_file(self) -> Path | None:
        """Return the key file that somebody has named, if anybody has."""
        named = os.environ.get(FILE_VARIABLE)
        return self.key_file or (Path(named) if named else None)

    def names_a_key(self) -> bool:
        """Tell whether somebody has named a key or a key file, be it there or not."""
        return bool(os.environ.get(KEY_VARIABLE)) or self.named_file() is not None

    def named_key(self) -> bytes | None:
        """Return the key that the environment gives, by itself or in a file, if any.

        Raises:
            VaultError: what is given is no key.
        """
        text, file = os.environ.get(KEY_VARIABLE), self.named_file()
        if text:
            return parse_key(text, KEY_VARIABLE)
        return read_key(file) if file is not None else None

    def open(self, vault_id: str, ways: Sequence[Way]) -> tuple[bytes, Way]:
        """Return the vault key, and the way by which it was opened.

        Raises:
            VaultError: none of the ways can be gone with what is at hand.
        """
        for attempt in (_openly, self._by_key, self._by_officers, self._by_passphrase):
            opened = attempt(vault_id, ways)
            if opened is not None:
                return opened
        raise self._locked(ways)

    def _by_key(self, vault_id: str, ways: Sequence[Way]) -> tuple[bytes, Way] | None:
        kinds = [way for way in ways if way.kind == "key"]
        for key in self._keys(vault_id) if kinds else ():
            for way in kinds:
                vault_key = open_with_key(way, key, vault_id)
                if vault_key is not None:
                    return vault_key, way
        return None

    def _keys(self, vault_id: str) -> Iterator[bytes]:
        named = self.named_key()
        if named is not None:
            yield named
            return
        default = default_key_file(vault_id)
        for path in (default, default.with_name(default.name + NEXT)):  # the latter if a rotation was interrupted
            if path.exists():
                yield read_key(path)

    def _by_officers(self, vault_id: str, ways: Sequence[Way]) -> tuple[bytes, Way] | None:
        files = self._named_officers()
        if not files or not any(way.kind == "officers" for way in ways):
            return None
        officers = [read_officer(path) for path in files]
        known = officer_ids(ways)
        strangers = [officer.name for officer in officers if officer.id not in known]
        if strangers:
            raise VaultError(
                f"the key of {strangers[0]!r} is not that of an officer of this vault", "Use the files made for it."
            )
        if len({officer.id for officer in officers}) < 2:
            raise VaultError("one officer alone cannot open this vault", "Two different officers' files are needed.")
        opened = open_with_officers(ways, officers, vault_id)
        return None if opened is None else (opened, next(way for way in ways if way.kind == "officers"))

    def _named_officers(self) -> tuple[Path, ...]:
        named = os.environ.get(OFFICERS_VARIABLE, "").split(os.pathsep)
        return self.officer_files or tuple(Path(name) for name in named if name)

    def _by_passphrase(self, vault_id: str, ways: Sequence[Way]) -> tuple[bytes, Way] | None:
        kinds = [way for way in ways if way.kind == "passphrase"]
        if not kinds or self.ask is None:
            return None
        passphrase = self.ask()
        for way in kinds:
            vault_key = open_with_passphrase(way, passphrase, vault_id)
            if vault_key is not None:
                return vault_key, way
        raise VaultError("the passphrase is wrong", "Try again, or use another way to open the vault.")

    def _locked(self, ways: Sequence[Way]) -> VaultError:
        kinds = {way.kind for way in ways}
        if self._named_officers() and "officers" in kinds:
            return VaultError("these officers' keys do not open the vault", "Use the files made for it.")
        if "key" in kinds and (os.environ.get(KEY_VARIABLE) or self.named_file()):
            return VaultError("the key at hand does not open this vault", "Is it another vault's key?")
        if kinds == {"officers"}:
            return VaultError(
                "two officers are needed to open this vault",
                f"Set {OFFICERS_VARIABLE} to the files of both, with {os.pathsep} in between.",
            )
        if "passphrase" in kinds:
            return VaultError("the vault's passphrase is needed, and nobody is there to ask", f"Use a terminal. {_HOW}")
        return VaultError("the vault's keys are locked, and there is no key at hand", _HOW)


def _openly(_vault_id: str, ways: Sequence[Way]) -> tuple[bytes, Way] | None:
    return next(((way.sealed, way) for way in ways if way.kind == "open"), None)
