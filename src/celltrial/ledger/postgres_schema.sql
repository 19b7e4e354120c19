-- The ledger's tables on PostgreSQL, in a schema of their own. A record is its line of JSON (the type json
-- keeps the text as it came); the other columns are read out of the line, all at once, as the row is inserted:
-- generated columns would read the line once for each of them. Whatever a writer gives for them is replaced.
CREATE SCHEMA IF NOT EXISTS celltrial_ledger;

CREATE TABLE celltrial_ledger.record (
    line json NOT NULL,
    hash text NOT NULL,
    trial text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    recorded text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    occurred text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL,
    previous text NOT NULL
);
CREATE UNIQUE INDEX record_position ON celltrial_ledger.record (trial, position);
CREATE UNIQUE INDEX record_version ON celltrial_ledger.record (trial, stream, version);
CREATE INDEX record_cause ON celltrial_ledger.record (trial, cause, position) WHERE cause <> '';

-- Where each chain ends. Its row is the lock that two writers of one trial meet at.
CREATE TABLE celltrial_ledger.head (
    trial text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    hash text NOT NULL,
    recorded text COLLATE "C" NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE celltrial_ledger.form (version integer NOT NULL);

CREATE FUNCTION celltrial_ledger.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME;
END $$;

CREATE FUNCTION celltrial_ledger.refuse_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION celltrial_ledger.read_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found celltrial_ledger.record := json_populate_record(NULL::celltrial_ledger.record, NEW.line);
BEGIN
    found.line := NEW.line;
    found.hash := NEW.hash;
    RETURN found;
END $$;

-- The rows of one statement follow each other in the order of insertion and move the head once: a row that is
-- updated many times in one transaction takes longer each time.
CREATE FUNCTION celltrial_ledger.move_head() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken record;
    start record;
    last record;
BEGIN
    FOR taken IN SELECT trial, position, hash, previous, recorded FROM inserted LOOP
        IF start IS NULL THEN
            start := taken;
        ELSIF taken.trial <> last.trial OR taken.position <> last.position + 1 OR taken.previous <> last.hash THEN
            RAISE EXCEPTION 'the ledger is append-only: these rows do not continue each other';
        END IF;
        last := taken;
    END LOOP;
    IF start IS NULL THEN
        RETURN NULL;
    END IF;
    IF start.position = 1 THEN
        INSERT INTO celltrial_ledger.head VALUES (last.trial, last.position, last.hash, last.recorded);
        RETURN NULL;
    END IF;
    UPDATE celltrial_ledger.head SET position = last.position, hash = last.hash, recorded = last.recorded
    WHERE trial = start.trial AND position = start.position - 1 AND hash = start.previous;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the ledger is append-only: this row does not continue its chain';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER record_reads_line BEFORE INSERT ON celltrial_ledger.record
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.read_line();
CREATE TRIGGER record_moves_head AFTER INSERT ON celltrial_ledger.record
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION celltrial_ledger.move_head();
CREATE TRIGGER record_keeps BEFORE UPDATE OR DELETE ON celltrial_ledger.record
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.refuse();
CREATE TRIGGER record_stays BEFORE TRUNCATE ON celltrial_ledger.record
    FOR EACH STATEMENT EXECUTE FUNCTION celltrial_ledger.refuse();
-- Only the trigger above writes heads.
CREATE TRIGGER head_keeps BEFORE INSERT OR UPDATE ON celltrial_ledger.head
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.refuse_by_hand();
CREATE TRIGGER head_stays BEFORE DELETE ON celltrial_ledger.head
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.refuse();
CREATE TRIGGER head_remains BEFORE TRUNCATE ON celltrial_ledger.head
    FOR EACH STATEMENT EXECUTE FUNCTION celltrial_ledger.refuse();
