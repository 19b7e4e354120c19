-- Two roles for a PostgreSQL ledger: the owner, who made its tables and runs this script, and the writer, as whom
-- celltrial connects day by day. The writer reads and inserts; triggers it can neither drop nor switch off, and it
-- cannot truncate, delete or change a row: it holds no such right, and where it needs one the triggers refuse.
--
--     psql OWNER-ADDRESS -v ON_ERROR_STOP=1 -v writer=celltrial_writer -f postgres_roles.sql
--
-- The role is made beforehand: CREATE ROLE celltrial_writer LOGIN PASSWORD '...';
REVOKE ALL ON SCHEMA celltrial_ledger FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA celltrial_ledger FROM PUBLIC, :"writer";
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA celltrial_ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA celltrial_ledger TO :"writer";
GRANT SELECT ON ALL TABLES IN SCHEMA celltrial_ledger TO :"writer";
GRANT INSERT (line, hash) ON celltrial_ledger.record TO :"writer";
-- To lock the row of a head, two writers need a right to update one of its columns; the trigger `head_keeps` refuses
-- each update by hand.
GRANT UPDATE (recorded) ON celltrial_ledger.head TO :"writer";
-- The head is moved with the owner's right, by the trigger alone.
ALTER FUNCTION celltrial_ledger.move_head() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
