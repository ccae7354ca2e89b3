-- What the file wrote stays with the row that came of it: cells that are unknown or were read with doubt, the row of the
-- file, and the coordinate system that the shape came in.

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['region', 'grid', 'community', 'building_group', 'building', 'base_feature', 'firm',
                                'service_period', 'branch']
    LOOP
        -- The row of the file that opened this version; NULL where no file did.
        EXECUTE format('ALTER TABLE %I ADD COLUMN source_row integer', name);
        -- The system of the shape in its file and how it was known: "EPSG:4527 (declared)". It goes with the shape.
        EXECUTE format('ALTER TABLE %I ADD COLUMN source_crs text', name);
        -- Field -> text of its cell, where the value is not simply what the text says. It goes with the values.
        EXECUTE format('ALTER TABLE %I ADD COLUMN written jsonb CONSTRAINT %I CHECK (jsonb_typeof(written) = ''object'')',
                       name, 'ck_' || name || '_written');
    END LOOP;
END $$;
