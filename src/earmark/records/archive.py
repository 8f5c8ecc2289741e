"""Archives of files, and folders that are there whole or not at all."""

import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from earmark.errors import EarmarkError, VaultError, what_helps
from earmark.records.folder import make_private
from earmark.records.seal import reading, sync_folder
from earmark.records.stream import OpeningReader, SealingWriter

Told = Callable[[float], None]
"""Is told which part is done, 0 to 1."""


def pack(writer: SealingWriter, files: Sequence[tuple[Path, str]], told: Told) -> None:
    """Write files into an archive under their names there; ``told`` is told which part is done."""
    with tarfile.open(fileobj=writer, mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for number, (path, name) in enumerate(files):
            told(number / len(files))
            with reading(path) as file:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = path.stat().st_size, 0o600
                archive.addfile(entry, file)
    told(1.0)


def unpack(reader: OpeningReader, folder: Path, place: Callable[[str], tuple[str, ...]]) -> None:
    """Write the files of an archive into ``folder``, each where ``place`` says for its name.

    Raises:
        TarError: the archive is damaged, or has something in it that is no file or has no place.
        CryptoError: it is not genuine.
    """
    with tarfile.open(fileobj=reader, mode="r|") as archive:  # type: ignore[call-overload]
        for entry in archive:
            path = folder.joinpath(*place(entry.name))
            if not entry.isreg():
                raise tarfile.TarError(f"{entry.name!r} is no file")
            path.parent.mkdir(mode=0o700, exist_ok=True)
            data = archive.extractfile(entry)
            path.touch(mode=0o600, exist_ok=False)
            with path.open("wb") as file:
                while data is not None and (chunk := data.read(2**20)):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a private folder that takes its name only if all goes well.

    Raises:
        VaultError: it cannot be written.
    """
    part = folder.with_name(f".earmark-{os.urandom(8).hex()}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        make_private(part)
        yield part
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
        sync_folder(folder.parent)
    except EarmarkError:
        raise
    except OSError as error:
        raise VaultError(f"{folder} cannot be written: {error.strerror}", what_helps(error)) from error
    finally:
        _remove(part)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if folder.exists():
        folder.rmdir()
