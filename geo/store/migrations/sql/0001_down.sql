-- Everything of the first schema goes, except Alembic's own table, which it still needs to note the step.
DO $$
DECLARE thing record;
BEGIN
    FOR thing IN SELECT c.oid::regclass AS name FROM pg_class c
                  WHERE c.relnamespace = 'wangge'::regnamespace AND c.relkind IN ('r', 'p')
                    AND c.relname <> 'alembic_version' AND NOT c.relispartition
    LOOP EXECUTE format('DROP TABLE %s CASCADE', thing.name); END LOOP;
    FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = 'wangge'::regnamespace
    LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', thing.name); END LOOP;
    DROP DOMAIN IF EXISTS region_code;
END $$;
