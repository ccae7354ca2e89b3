DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['building_group', 'building', 'base_feature']
    LOOP
        EXECUTE format('DROP TRIGGER refuse_reopening ON %I', name);
        EXECUTE format('DROP TRIGGER keep_one_truth ON %I', name);
        EXECUTE format('CREATE TRIGGER register_codes AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh
                        FOR EACH STATEMENT EXECUTE FUNCTION register_codes()', name);
        EXECUTE format('DROP INDEX %I', 'ix_' || name || '_code');
        EXECUTE format('CREATE INDEX %I ON %I (code) WHERE upper_inf(recorded)', 'ix_' || name || '_code', name);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', name, 'ex_' || name || '_past');
        EXECUTE format('DROP INDEX %I', 'uq_' || name || '_current');
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I EXCLUDE USING gist (code WITH =, valid WITH &&, recorded WITH &&)',
                       name, 'ex_' || name || '_one_truth');
    END LOOP;
END $$;
ALTER TABLE code_register ADD CONSTRAINT fk_code_register_born_in_change_set
    FOREIGN KEY (born_in) REFERENCES change_set (id);
DROP FUNCTION refuse_reopening();
DROP FUNCTION keep_one_truth();

CREATE OR REPLACE FUNCTION check_neighbourhood() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.code, fresh.neighbourhood INTO bad FROM fresh
     WHERE NOT EXISTS (SELECT 1 FROM region up
                        WHERE up.code = fresh.neighbourhood AND up.level = 'neighbourhood' AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.neighbourhood, 'neighbourhood', TG_TABLE_NAME); END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_group_community() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.code, fresh.community INTO bad FROM fresh
     WHERE fresh.community IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM community up WHERE up.code = fresh.community AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.community, 'community', TG_TABLE_NAME); END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_building_group() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.code, fresh.building_group INTO bad FROM fresh
     WHERE fresh.building_group IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM building_group up WHERE up.code = fresh.building_group AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.building_group, 'building_group', 'building'); END IF;
    RETURN NULL;
END $$;
