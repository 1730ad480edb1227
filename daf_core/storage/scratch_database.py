"""A temporary SQLite database for rows that may be more than memory holds."""

import sqlite3


def scratch_database(schema: str) -> sqlite3.Connection:
    """An empty database with the tables of `schema` (SQL), within one transaction.

    SQLite keeps a database whose name is empty in a temporary file of its own: memory stays
    bounded, and the file is deleted when the connection closes or the process ends. Nothing is
    ever committed, as nobody else reads it: that makes inserting many rows fast.
    """
    database = sqlite3.connect("", isolation_level=None)
    database.executescript(f"{schema}; BEGIN")
    return database
