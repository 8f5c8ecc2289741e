"""A vault's tables in the hands of somebody who writes to them what they like, whichever database they are in."""

from pathlib import Path

from earmark.records.database.place import place_of

REFUSALS = {
    "sqlite": ["CREATE TRIGGER full_disk BEFORE {what} BEGIN SELECT RAISE(ABORT, 'no space'); END"],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no space'; END $$",
        "CREATE TRIGGER full_disk BEFORE {what} FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
}


def run(folder: Path, *statements: str) -> None:
    """Run statements."""
    with place_of(folder).open() as database, database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def refuse(folder: Path, what: str) -> None:
    """Let the database refuse something from now on, such as "INSERT ON copies"."""
    with place_of(folder).open() as database, database.reading() as connection:
        statements = REFUSALS[connection.dialect.name]
    run(folder, *(statement.replace("{what}", what) for statement in statements))
