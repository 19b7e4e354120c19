-- The ledger's tables. Rows are added and never changed: the triggers refuse UPDATE and DELETE,
-- and a row that does not continue its chain, which also closes the way through INSERT OR REPLACE.

-- Every chain with its number, and where it ends: without it, records cut off at the end would not be missed.
CREATE TABLE head (
    number INTEGER PRIMARY KEY,
    trial TEXT NOT NULL UNIQUE,
    position INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;

-- A record is its line of JSON; the generated columns are read out of the line and cannot differ from it.
-- Its place is the chain's number and, in the lower 40 bits, the position: so a chain lies in the file in its order.
-- A request writes its records 1, 2, ... (`nth`) once: the index refuses them a second time.
CREATE TABLE record (
    place INTEGER PRIMARY KEY,
    line TEXT NOT NULL,
    hash TEXT NOT NULL,
    nth INTEGER NOT NULL,
    chain INTEGER GENERATED ALWAYS AS (place >> 40) VIRTUAL,
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
CREATE UNIQUE INDEX record_version ON record (chain, stream, version);
CREATE UNIQUE INDEX record_cause ON record (chain, cause, nth) WHERE cause <> '';

-- How the line must begin is put together from the head: reading it out of the line would parse the line once more.
CREATE TRIGGER record_continues BEFORE INSERT ON record
WHEN NOT EXISTS (
    SELECT 1 FROM head
    WHERE number = NEW.place >> 40 AND (number << 40) + position + 1 = NEW.place AND instr(
        NEW.line,
        '{"previous":"' || hash || '","trial":' || json_quote(trial) || ',"position":' || (position + 1) || ','
    ) = 1
)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: this row does not continue its chain');
END;
CREATE TRIGGER record_moves_head AFTER INSERT ON record
BEGIN
    UPDATE head SET position = position + 1, hash = NEW.hash WHERE number = NEW.place >> 40;
END;
CREATE TRIGGER record_keeps BEFORE UPDATE ON record
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: UPDATE is refused');
END;
CREATE TRIGGER record_stays BEFORE DELETE ON record
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: DELETE is refused');
END;
CREATE TRIGGER head_begins BEFORE INSERT ON head
WHEN NEW.position <> 0
    OR EXISTS (SELECT 1 FROM head WHERE trial = NEW.trial OR number = NEW.number)
    OR EXISTS (SELECT 1 FROM record WHERE place >> 40 = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: a chain begins once');
END;
CREATE TRIGGER head_keeps BEFORE UPDATE ON head
WHEN (NEW.number, NEW.trial, NEW.position) IS NOT (OLD.number, OLD.trial, OLD.position + 1)
    OR NOT EXISTS (SELECT 1 FROM record WHERE place = (NEW.number << 40) + NEW.position AND hash = NEW.hash)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: a head only moves on');
END;
CREATE TRIGGER head_stays BEFORE DELETE ON head
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: DELETE is refused');
END;
