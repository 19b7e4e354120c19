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

CREATE FUNCTION celltrial_ledger.move_head() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT a.trial, a.first, b.previous, a.last, c.hash, c.recorded
        FROM (
            SELECT trial, min(position) AS first, max(position) AS last
            FROM added GROUP BY trial HAVING count(*) = max(position) - min(position) + 1
        ) AS a
        JOIN added AS b ON b.trial = a.trial AND b.position = a.first
        JOIN added AS c ON c.trial = a.trial AND c.position = a.last
    LOOP
        IF part.first = 1 THEN
            INSERT INTO celltrial_ledger.head VALUES (part.trial, part.last, part.hash, part.recorded);
        ELSE
            UPDATE celltrial_ledger.head
            SET position = part.last, hash = part.hash, recorded = part.recorded
            WHERE trial = part.trial AND position = part.first - 1 AND hash = part.previous;
        END IF;
    END LOOP;
    IF EXISTS (
        SELECT 1 FROM added AS a LEFT JOIN celltrial_ledger.head AS h USING (trial)
        GROUP BY a.trial, h.position HAVING max(a.position) IS DISTINCT FROM h.position
    ) THEN
        RAISE EXCEPTION 'the ledger is append-only: these rows do not continue their chain';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION celltrial_ledger.keep_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.trial <> OLD.trial OR NEW.position <= OLD.position OR NOT EXISTS (
        SELECT 1 FROM celltrial_ledger.record
        WHERE trial = NEW.trial AND position = NEW.position AND hash = NEW.hash AND recorded = NEW.recorded
    ) THEN
        RAISE EXCEPTION 'the ledger is append-only: a head only follows its records';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER record_moves_head AFTER INSERT ON celltrial_ledger.record
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION celltrial_ledger.move_head();
CREATE TRIGGER record_keeps BEFORE UPDATE OR DELETE ON celltrial_ledger.record
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.refuse();
CREATE TRIGGER record_stays BEFORE TRUNCATE ON celltrial_ledger.record
    FOR EACH STATEMENT EXECUTE FUNCTION celltrial_ledger.refuse();
CREATE TRIGGER head_keeps BEFORE UPDATE ON celltrial_ledger.head
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.keep_head();
CREATE TRIGGER head_stays BEFORE DELETE ON celltrial_ledger.head
    FOR EACH ROW EXECUTE FUNCTION celltrial_ledger.refuse();
CREATE TRIGGER head_remains BEFORE TRUNCATE ON celltrial_ledger.head
    FOR EACH STATEMENT EXECUTE FUNCTION celltrial_ledger.refuse();
