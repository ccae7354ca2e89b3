-- How often each layer was written, by area: what an unchanged vector tile is known by, without a look at its geometry.

-- What the running transaction wrote; emptied by itself at the end, so no other ever sees a row of it. No key: two
-- that write the same layer would wait for each other.
CREATE TABLE layer_write (
    layer text NOT NULL,
    area  text NOT NULL
);

CREATE TABLE layer_version (
    layer  text NOT NULL,
    area   text NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT pk_layer_version PRIMARY KEY (layer, area)
);

CREATE FUNCTION note_layer_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
BEGIN
    INSERT INTO layer_write (layer, area)
    SELECT DISTINCT TG_TABLE_NAME, made.area
      FROM fresh JOIN change_set made ON made.id = coalesce(fresh.closed_by, fresh.opened_by);
    RETURN NULL;
END $$;

CREATE FUNCTION note_setting_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
BEGIN
    INSERT INTO layer_write (layer, area) SELECT 'area_setting', fresh.area FROM fresh;
    RETURN NULL;
END $$;

-- At commit, so that nobody waits for a long import; in one order, so that no two wait for each other.
CREATE FUNCTION count_layer_writes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
BEGIN
    INSERT INTO layer_version AS known (layer, area, number)
    SELECT DISTINCT layer, area, 1 FROM layer_write ORDER BY layer, area
    ON CONFLICT (layer, area) DO UPDATE SET number = known.number + 1;
    DELETE FROM layer_write;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER count_layer_writes AFTER INSERT ON layer_write DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION count_layer_writes();

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['region', 'grid', 'community', 'building_group', 'building', 'base_feature', 'service_period']
    LOOP
        EXECUTE format('CREATE TRIGGER note_layer_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh
                        FOR EACH STATEMENT EXECUTE FUNCTION note_layer_write()', name);
        EXECUTE format('CREATE TRIGGER note_layer_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS fresh
                        FOR EACH STATEMENT EXECUTE FUNCTION note_layer_write()', name);
    END LOOP;
END $$;
CREATE TRIGGER note_setting_insert AFTER INSERT ON area_setting REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION note_setting_write();
CREATE TRIGGER note_setting_update AFTER UPDATE ON area_setting REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION note_setting_write();

-- Who is responsible for one sub-district must not learn from a number that another one was written to. Not forced:
-- the functions above count as the owner, whoever writes.
ALTER TABLE layer_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY inside ON layer_version FOR SELECT USING (EXISTS (
    SELECT 1 FROM unnest((SELECT scope_areas())::text[]) a WHERE area ^@ a OR a ^@ area));
ALTER TABLE layer_write ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON layer_version TO wangge_app;
