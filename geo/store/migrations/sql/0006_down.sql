DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['region', 'grid', 'community', 'building_group', 'building', 'base_feature', 'service_period']
    LOOP
        EXECUTE format('DROP TRIGGER note_layer_insert ON %I', name);
        EXECUTE format('DROP TRIGGER note_layer_update ON %I', name);
    END LOOP;
END $$;
DROP TRIGGER note_setting_insert ON area_setting;
DROP TRIGGER note_setting_update ON area_setting;
DROP TABLE layer_write, layer_version;
DROP FUNCTION note_layer_write(), note_setting_write(), count_layer_writes();
