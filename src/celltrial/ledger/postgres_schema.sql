-- The ledger's tables on PostgreSQL, in a schema of their own. A record is its line of JSON (the type json
-- keeps the text as it came); the other columns are read out of the line and cannot differ from it.
CREATE SCHEMA IF NOT EXISTS celltrial_ledger;

CREATE TABLE celltrial_ledger.record (
    line json NOT NULL,
    hash text NOT NULL,
    trial text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line ->> 'trial') STORED,
    position bigint NOT NULL GENERATED ALWAYS AS ((line ->> 'position')::bigint) STORED,
    stream text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line ->> 'stream') STORED,
    version bigint NOT NULL GENERATED ALWAYS AS ((line ->> 'version')::bigint) STORED,
    recorded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line ->> 'recorded') STORED,
    type text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line ->> 'type') STORED,
    occurred text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line ->> 'occurred') STORED,
    actor text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line ->> 'actor') STORED,
    cause text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line ->> 'cause') STORED,
    previous text NOT NULL GENERATED ALWAYS AS (line ->> 'previous') STORED
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

-- One row moves the head by one; the rows of one statement follow each other in the order of insertion.
CREATE FUNCTION celltrial_ledger.move_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.position = 1 THEN
        INSERT INTO celltrial_ledger.head VALUES (NEW.trial, NEW.position, NEW.hash, NEW.recorded);
        RETURN NULL;
    END IF;
    UPDATE celltrial_ledger.head SET position = NEW.position, hash = NEW.hash, recorded = NEW.recorded
    WHERE trial = NEW.trial AND position = NEW.position - 1 AND hash = NEW.previous;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the ledger is append-only: this row does not continue its chain';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER record_moves_head AFTER INSERT ON celltrial_ledger.record
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.move_head();
CREATE TRIGGER record_keeps BEFORE UPDATE OR DELETE ON celltrial_ledger.record
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.refuse();
CREATE TRIGGER record_stays BEFORE TRUNCATE ON celltrial_ledger.record
    FOR EACH STATEMENT EXECUTE FUNCTION celltrial_ledger.refuse();
-- Only the trigger above writes heads.
CREATE TRIGGER head_keeps BEFORE INSERT OR UPDATE ON celltrial_ledger.head
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION celltrial_ledger.refuse();
CREATE TRIGGER head_stays BEFORE DELETE ON celltrial_ledger.head
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.refuse();
CREATE TRIGGER head_remains BEFORE TRUNCATE ON celltrial_ledger.head
    FOR EACH STATEMENT EXECUTE FUNCTION celltrial_ledger.refuse();
