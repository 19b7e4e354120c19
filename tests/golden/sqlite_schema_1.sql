-- The ledger's tables. Rows are added and never changed: the triggers refuse UPDATE and DELETE,
-- and a row that does not continue its chain, which also closes the way through INSERT OR REPLACE.
-- A record is its line of JSON; the other columns are read out of the line and cannot differ from it.
CREATE TABLE record (
    line TEXT NOT NULL,
    hash TEXT NOT NULL,
    trial TEXT GENERATED ALWAYS AS (json_extract(line, '$.trial')) VIRTUAL,
    position INTEGER GENERATED ALWAYS AS (json_extract(line, '$.position')) VIRTUAL,
    stream TEXT GENERATED ALWAYS AS (json_extract(line, '$.stream')) VIRTUAL,
    version INTEGER GENERATED ALWAYS AS (json_extract(line, '$.version')) VIRTUAL,
    recorded TEXT GENERATED ALWAYS AS (json_extract(line, '$.recorded')) VIRTUAL,
    type TEXT GENERATED ALWAYS AS (json_extract(line, '$.type')) VIRTUAL,
    occurred TEXT GENERATED ALWAYS AS (json_extract(line, '$.occurred')) VIRTUAL,
    actor TEXT GENERATED ALWAYS AS (json_extract(line, '$.actor')) VIRTUAL,
    cause TEXT GENERATED ALWAYS AS (json_extract(line, '$.cause')) VIRTUAL,
    previous TEXT GENERATED ALWAYS AS (json_extract(line, '$.previous')) VIRTUAL
) STRICT;
CREATE UNIQUE INDEX record_position ON record (trial, position);
CREATE UNIQUE INDEX record_version ON record (trial, stream, version);
CREATE INDEX record_cause ON record (trial, cause, position) WHERE cause <> '';

-- Where each chain ends: without it, records cut off at the end would not be missed.
CREATE TABLE head (
    trial TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    hash TEXT NOT NULL,
    recorded TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER record_continues BEFORE INSERT ON record
WHEN (NEW.position, NEW.previous) IS NOT (SELECT position + 1, hash FROM head WHERE trial = NEW.trial)
    AND (NEW.position <> 1 OR EXISTS (SELECT 1 FROM head WHERE trial = NEW.trial))
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: this row does not continue its chain');
END;
CREATE TRIGGER record_starts_head AFTER INSERT ON record WHEN NEW.position = 1
BEGIN
    INSERT INTO head VALUES (NEW.trial, NEW.position, NEW.hash, NEW.recorded);
END;
CREATE TRIGGER record_moves_head AFTER INSERT ON record WHEN NEW.position > 1
BEGIN
    UPDATE head SET position = NEW.position, hash = NEW.hash, recorded = NEW.recorded WHERE trial = NEW.trial;
END;
CREATE TRIGGER record_keeps BEFORE UPDATE ON record
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: UPDATE is refused');
END;
CREATE TRIGGER record_stays BEFORE DELETE ON record
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: DELETE is refused');
END;
CREATE TRIGGER head_follows BEFORE INSERT ON head
WHEN NOT EXISTS (
        SELECT 1 FROM record
        WHERE trial = NEW.trial AND position = NEW.position AND hash = NEW.hash AND recorded = NEW.recorded
    )
    OR EXISTS (SELECT 1 FROM record WHERE trial = NEW.trial AND position > NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: a head only follows its records');
END;
CREATE TRIGGER head_keeps BEFORE UPDATE ON head
WHEN NEW.trial <> OLD.trial OR NEW.position <> OLD.position + 1
    OR NOT EXISTS (SELECT 1 FROM record WHERE trial = NEW.trial AND position = NEW.position AND hash = NEW.hash)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: a head only moves on');
END;
CREATE TRIGGER head_stays BEFORE DELETE ON head
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: DELETE is refused');
END;
