"""How long a ledger of a million entries takes: to be verified, and to prove that an entry is in it.

``python -m bench.ledger [--entries N]``.
"""

import argparse
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from earmark.records.checking import check
from earmark.records.database.place import FILE_NAME, place_of
from earmark.records.ledger import acts
from earmark.records.ledger.log import Ledger, append
from earmark.records.vault import Vault

ENTRIES = 1_000_000
BATCH = 10_000
PROOFS = 200


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    entries = parser.parse_args().entries
    with TemporaryDirectory() as folder:
        measure(Path(folder) / "vault", entries)
    return 0


def measure(folder: Path, entries: int) -> None:
    """Fill a ledger, verify it, and prove from it."""
    with Vault.init(folder) as vault:
        key = vault.safe.open().signing_key
    database = place_of(folder).open()
    started = time.perf_counter()
    for first in range(1, entries, BATCH):
        numbers = range(first, min(first + BATCH, entries))
        with database.writing() as connection:
            append(connection, [given(n) for n in numbers], datetime.now(UTC), key)
    tell("entries", f"{entries:,}")
    tell("appending, each", f"{(time.perf_counter() - started) / entries * 1e6:.0f} µs")
    started, used = time.perf_counter(), time.process_time()
    checked = check(database)
    took, used = time.perf_counter() - started, time.process_time() - used
    tell("verifying all", f"{took:.1f} s ({used:.1f} s of CPU)")
    tell("entries found wrong", str(sum(one.entry is not None for one in checked.findings)))
    tell("proving inclusion, with its head", f"{proving(Ledger(database), checked.size):.2f} ms")
    tell("size on disk", f"{(folder / FILE_NAME).stat().st_size / entries:.0f} bytes an entry")
    database.close()


def given(number: int) -> acts.Act:
    """Return an act such as most are."""
    return acts.exhibit_received(f"{number:064x}", number)


def proving(ledger: Ledger, size: int) -> float:
    """Return how many milliseconds a proof takes, in the mean over random entries."""
    chosen = [random.randrange(size) for _ in range(PROOFS)]
    started = time.perf_counter()
    head = ledger.head()
    proofs = [ledger.inclusion(one) for one in chosen]
    took = time.perf_counter() - started
    for one, proof in zip(chosen, proofs, strict=True):
        proof.verify(ledger.entry(one).leaf, head.root)
    return took / PROOFS * 1000


def tell(what: str, figure: str) -> None:
    """Print one row."""
    print(f"{what:34} {figure}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
