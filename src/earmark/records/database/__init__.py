"""Where the vault's tables are: in a SQLite file in its folder, or in a PostgreSQL database that the folder names."""
