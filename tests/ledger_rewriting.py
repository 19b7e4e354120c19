"""What somebody with every right on a database can do to a ledger in it: rewrite a chain whole, consistent in itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from celltrial.ledger import open_ledger
from celltrial.ledger.record import genesis, line_hash

TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


def lines_of(where: str, chain: str) -> list[str]:
    """Return the lines of a chain."""
    with open_ledger(where) as ledger:
        return [line.decode() for line, _ in ledger.lines(chain)]


def rewrite(where: str, chain: str, lines: list[str], *, under: str | None = None) -> None:
    """Put other lines in the place of a chain, its head with them, and leave every trigger as it was."""
    rows = [(line, line_hash(line)) for line in lines]
    end = rows[-1][1] if rows else genesis(under or chain)
    (_rewrite_server if where.startswith("postgresql") else _rewrite_file)(where, chain, under or chain, rows, end)


def _rewrite_file(where: str, chain: str, under: str, rows: list[tuple[str, str]], end: str) -> None:
    connection = sqlite3.connect(where)
    triggers = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
    for (name,) in connection.execute(TRIGGERS).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    ((number,),) = connection.execute("SELECT number FROM head WHERE trial = ?", (chain,)).fetchall()
    connection.execute("DELETE FROM record WHERE chain = ?", (number,))
    connection.executemany(
        "INSERT INTO record VALUES (?, ?, ?, 1)", [((number << 40) + at, *row) for at, row in enumerate(rows, 1)]
    )
    if rows:
        connection.execute(
            "UPDATE head SET trial = ?, position = ?, hash = ? WHERE number = ?", (under, len(rows), end, number)
        )
    else:
        connection.execute("DELETE FROM head WHERE number = ?", (number,))
    for sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.close()


def _rewrite_server(where: str, chain: str, under: str, rows: list[tuple[str, str]], end: str) -> None:
    import psycopg

    with psycopg.connect(where) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("record", "head"):
            connection.execute(f"DELETE FROM celltrial_ledger.{table} WHERE trial = %s".encode(), (chain,))
        connection.execute("SET session_replication_role = origin")
        connection.execute("ALTER TABLE celltrial_ledger.record DISABLE TRIGGER record_moves_head")
        for row in rows:
            connection.execute("INSERT INTO celltrial_ledger.record (line, hash) VALUES (%s, %s)", row)
        connection.execute("ALTER TABLE celltrial_ledger.record ENABLE TRIGGER record_moves_head")
        connection.execute("SET session_replication_role = replica")
        if rows:
            connection.execute("INSERT INTO celltrial_ledger.head VALUES (%s, %s, %s, '')", (under, len(rows), end))


def forged(lines: list[str], change: Callable[[int, dict], None], chain: str | None = None) -> list[str]:
    """Return lines with a change in them, every hash and link made anew."""
    found, previous = [], None
    for position, line in enumerate(lines, start=1):
        record = json.loads(line)
        record["trial"] = chain or record["trial"]
        record["position"] = position
        record["previous"] = previous or genesis(record["trial"])
        change(position, record)
        found.append(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
        previous = line_hash(found[-1])
    return found
