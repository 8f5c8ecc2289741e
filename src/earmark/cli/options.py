"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

VaultFolder = Annotated[
    Path | None,
    typer.Option("--vault", metavar="FOLDER", help="The vault. Default: EARMARK_VAULT, or the user's data folder."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="ADDRESS",
        help="Keep the tables in PostgreSQL: postgresql://user@host/database. The password comes from PGPASSWORD, say.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are in the way; never the input.")]
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the copies go.")]
Recording = Annotated[str, typer.Argument(metavar="RECORDING", help="Id (or its start) or title.", show_default=False)]
Coalition = Annotated[
    int | None, typer.Option("--coalition", metavar="N", help="Colluders the codebook is made for. Default: 4.")
]
Bound = Annotated[
    float | None,
    typer.Option(
        "--bound", metavar="CHANCE", help="Allowed chance that any innocent is named, at most 1e-3. Default: 1e-6."
    ),
]
