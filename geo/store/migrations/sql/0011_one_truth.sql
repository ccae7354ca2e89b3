-- No two rows of one code hold for the same date and the same knowledge: as before, but not by one GiST index over
-- (code, valid, recorded) of every row, which took more than half of a load. A row is *current* while both of its clocks
-- are open at the end. Of one code
--   two current rows are refused by a unique index,
--   two rows that are not current by an exclusion constraint over those alone,
--   a current one and another by keep_one_truth(), under a lock on the code that lasts to the end of the transaction.
-- Rows only ever shrink: nothing else could make two of them meet. Why this is as safe: docs/decisions/two-clocks.md.

-- What is known may be known no more; no row is ever known again, moved to other dates or given another code.
CREATE FUNCTION refuse_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is only ever closed', TG_TABLE_NAME
        USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'ex_' || TG_TABLE_NAME || '_one_truth', TABLE = TG_TABLE_NAME;
END $$;

-- Codes: registered, and never reused. Truth: one per code, date and moment. Both need the code to oneself, which the
-- register gives: its row is inserted or, even where nothing is updated, locked. Whoever waited for it sees below what the
-- other one wrote, since each statement here reads anew; a transaction that reads only what was there when it began would
-- not, and may not write. All areas are looked at,
-- as a constraint does; an error on the way ends the transaction and with it the wider scope.
CREATE FUNCTION keep_one_truth() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
DECLARE bad text; own text := coalesce(current_setting('wangge.areas', true), '');
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'history is written by transactions that read what is committed'
            USING ERRCODE = 'feature_not_supported';
    END IF;
    INSERT INTO code_register AS known (kind, code, born_in)
    SELECT TG_TABLE_NAME, fresh.code, min(fresh.opened_by) FROM fresh GROUP BY fresh.code ORDER BY fresh.code
    ON CONFLICT (kind, code) DO UPDATE SET born_in = known.born_in WHERE false;

    SELECT taken.code INTO bad FROM code_register taken
     WHERE taken.kind = TG_TABLE_NAME AND taken.retired_on IS NOT NULL AND EXISTS (
           SELECT FROM fresh WHERE fresh.code = taken.code
                               AND coalesce(upper(fresh.valid), 'infinity'::date) > taken.retired_on)
     LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'code % was retired and is never used again', bad
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'code_never_reused', TABLE = TG_TABLE_NAME, COLUMN = 'code';
    END IF;

    -- Planned anew each time: of one row and of a hundred thousand, the same way cannot be the best.
    PERFORM set_config('wangge.areas', '{""}', true);
    EXECUTE format(
        'SELECT fresh.code FROM fresh JOIN %I other ON other.code = fresh.code AND other.valid && fresh.valid
            AND other.recorded && fresh.recorded
            AND (upper_inf(other.valid) AND upper_inf(other.recorded))
                <> (upper_inf(fresh.valid) AND upper_inf(fresh.recorded)) LIMIT 1', TG_TABLE_NAME) INTO bad;
    PERFORM set_config('wangge.areas', own, true);
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'two rows of % would hold for the same date', TG_TABLE_NAME
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'ex_' || TG_TABLE_NAME || '_one_truth',
                  TABLE = TG_TABLE_NAME, DETAIL = format('Key (code)=(%s) is known for it already.', bad);
    END IF;
    RETURN NULL;
END $$;

-- What the register says of a birth it has from a row of history, whose change set is a key of its own.
ALTER TABLE code_register DROP CONSTRAINT fk_code_register_born_in_change_set;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['building_group', 'building', 'base_feature']
    LOOP
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', name, 'ex_' || name || '_one_truth');
        EXECUTE format('CREATE UNIQUE INDEX %I ON %I (code) WHERE upper_inf(valid) AND upper_inf(recorded)',
                       'uq_' || name || '_current', name);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I EXCLUDE USING gist (code WITH =, valid WITH &&, recorded WITH &&)
                        WHERE (NOT (upper_inf(valid) AND upper_inf(recorded)))', name, 'ex_' || name || '_past');
        -- Every row of a code, today's and yesterday's: what the index over all three columns was read for.
        EXECUTE format('DROP INDEX %I', 'ix_' || name || '_code');
        EXECUTE format('CREATE INDEX %I ON %I (code)', 'ix_' || name || '_code', name);

        EXECUTE format('DROP TRIGGER register_codes ON %I', name);
        EXECUTE format('CREATE TRIGGER keep_one_truth AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh
                        FOR EACH STATEMENT EXECUTE FUNCTION keep_one_truth()', name);
        EXECUTE format('CREATE TRIGGER refuse_reopening BEFORE UPDATE ON %I FOR EACH ROW
                        WHEN (NEW.code IS DISTINCT FROM OLD.code OR NEW.valid IS DISTINCT FROM OLD.valid
                              OR NOT NEW.recorded <@ OLD.recorded) EXECUTE FUNCTION refuse_reopening()', name);
    END LOOP;
END $$;

-- ---------------------------------------------------------------- parents: each of them is looked up once

-- Of 60,000 buildings in 600 groups 600 are looked up, by the index: OFFSET 0 keeps the planner from making one join of
-- both tables, which under row-level security it took for small and went through for every row again.

CREATE OR REPLACE FUNCTION check_neighbourhood() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT parent.code, parent.neighbourhood INTO bad
      FROM (SELECT min(fresh.code) AS code, fresh.neighbourhood FROM fresh GROUP BY fresh.neighbourhood) parent
     WHERE NOT EXISTS (SELECT FROM region up WHERE up.code = parent.neighbourhood AND up.level = 'neighbourhood'
                                               AND upper_inf(up.recorded) OFFSET 0)
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.neighbourhood, 'neighbourhood', TG_TABLE_NAME); END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_group_community() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT parent.code, parent.community INTO bad
      FROM (SELECT min(fresh.code) AS code, fresh.community FROM fresh
             WHERE fresh.community IS NOT NULL GROUP BY fresh.community) parent
     WHERE NOT EXISTS (SELECT FROM community up WHERE up.code = parent.community AND upper_inf(up.recorded) OFFSET 0)
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.community, 'community', TG_TABLE_NAME); END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_building_group() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT parent.code, parent.building_group INTO bad
      FROM (SELECT min(fresh.code) AS code, fresh.building_group FROM fresh
             WHERE fresh.building_group IS NOT NULL GROUP BY fresh.building_group) parent
     WHERE NOT EXISTS (SELECT FROM building_group up
                        WHERE up.code = parent.building_group AND upper_inf(up.recorded) OFFSET 0)
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.building_group, 'building_group', 'building'); END IF;
    RETURN NULL;
END $$;
