"""Hold the tables of a PostgreSQL ledger against their form: columns, indexes, triggers, functions, as the catalogue has them.

The form is a file of lines, one for each object, as a fresh ledger gives them; a
test holds it to `postgres_schema.sql`. What a superuser does below the
catalogue, to the files of the server, shows in the hashes of the records.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from celltrial.core.errors import Fault, fault
from celltrial.ledger.drafting import SIGNATURES

if TYPE_CHECKING:
    import psycopg

#: One line for each object: what it is, its name, how it is defined. A function may be `security definer` or not:
#: it is where owner and writer are two roles. A trigger counts where it fires for everybody (`O` or `A`).
_CATALOGUE: Final = """
SELECT 'table ' || c.relname, c.relkind::text || ' ' || c.relpersistence::text
    || CASE WHEN c.relrowsecurity THEN ' row security' ELSE '' END
    || CASE WHEN c.relispartition OR EXISTS (SELECT 1 FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
       THEN ' inherits' ELSE '' END
  FROM pg_class c WHERE c.relnamespace = %(schema)s AND c.relkind NOT IN ('i', 't', 'I')
UNION ALL
SELECT 'column ' || c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || o.collname ELSE '' END
    || CASE WHEN a.atthasdef THEN ' default ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation o ON o.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relnamespace = %(schema)s AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'index ' || x.relname, pg_get_indexdef(i.indexrelid)
    || CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN '' ELSE ' invalid' END
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE x.relnamespace = %(schema)s
UNION ALL
SELECT 'trigger ' || c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
    || CASE WHEN t.tgenabled IN ('O', 'A') THEN '' ELSE ' disabled' END
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = %(schema)s AND NOT t.tgisinternal
UNION ALL
SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    l.lanname || ' ' || encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex')
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = %(schema)s
UNION ALL
SELECT 'rule ' || c.relname || '.' || r.rulename, pg_get_ruledef(r.oid)
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
 WHERE c.relnamespace = %(schema)s AND r.rulename <> '_RETURN'
"""
_ORPHANS: Final = """
SELECT trial FROM celltrial_ledger.head WHERE right(trial, length(%(suffix)s)) = %(suffix)s
   AND left(trial, -length(%(suffix)s)) NOT IN (SELECT trial FROM celltrial_ledger.head) ORDER BY trial LIMIT 10
"""
_SCHEMA: Final = "SELECT oid FROM pg_namespace WHERE nspname = 'celltrial_ledger'"


def catalogue(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Return every object of the schema of a ledger, with how it is defined."""
    row = connection.execute(_SCHEMA).fetchone()
    rows = connection.execute(_CATALOGUE, {"schema": row[0] if row else 0}).fetchall()
    return {name: " ".join(definition.split()) for name, definition in rows}


def form() -> dict[str, str]:
    """Return every object that a ledger of this form has."""
    text = resources.files("celltrial.ledger").joinpath("postgres_form.txt").read_text(encoding="utf-8")
    return dict(line.split(": ", 1) for line in text.splitlines())


def examine(connection: psycopg.Connection[Any], place: str) -> tuple[Fault, ...]:
    """Return what differs from the form: LDG-070 missing, LDG-071 changed or switched off, LDG-072 not the ledger's,
    LDG-077 signatures of a trial that is not there.
    """
    expected, present = form(), catalogue(connection)
    found: list[Fault] = []
    for name in sorted(expected.keys() | present.keys()):
        if name not in present:
            found.append(fault("LDG-070", place, expected=name))
        elif name not in expected:
            found.append(fault("LDG-072", place, found=name))
        elif present[name] != expected[name]:
            found.append(fault("LDG-071", place, expected=name))
    if "table head" in present and "column head.trial" in present:
        orphans = connection.execute(_ORPHANS, {"suffix": SIGNATURES}).fetchall()
        found += [fault("LDG-077", place, found=name) for (name,) in orphans]
    return tuple(found)
