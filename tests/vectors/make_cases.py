"""Make the bundles that are published for a second program: ``python -m tests.vectors.make_cases``.

Their keys, secrets and evidence are those of ``tests/cases``. They change with the format alone.
"""

from pathlib import Path

from tests.cases.records import Leaked
from tests.cases.sealed import EXHIBIT, Made

FOLDER = Path(__file__).parent / "case"
CASES = {
    FOLDER: Made(Leaked(segments=60, listeners=5)),
    FOLDER / "call": Made(Leaked(segments=60, listeners=5, of_call=True)),
    FOLDER / "parted": Made(Leaked(segments=140, leakers=2, listeners=5, of_call=True, parted=True)),
}


def main() -> None:
    """Write them."""
    for folder, made in CASES.items():
        folder.mkdir(exist_ok=True)
        (folder / "exhibit.bin").write_bytes(EXHIBIT)
        (folder / "bundle.earmark").write_bytes(made.sealed())


if __name__ == "__main__":
    main()
