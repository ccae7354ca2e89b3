DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['region', 'grid', 'community', 'building_group', 'building', 'base_feature', 'firm',
                                'service_period', 'branch']
    LOOP
        EXECUTE format('ALTER TABLE %I DROP COLUMN source_row, DROP COLUMN source_crs, DROP COLUMN written', name);
    END LOOP;
END $$;
