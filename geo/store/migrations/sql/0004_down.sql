SELECT set_config('wangge.actor', 'system:migration', true), set_config('wangge.areas', '{""}', true);
DROP FUNCTION highest_given(text, text, integer);
DROP FUNCTION unretire_codes(text, text[], date);
ALTER TABLE area_setting DROP COLUMN grid_least, DROP COLUMN grid_most;
DROP TABLE grid_plan_comment;
-- What the first schema cannot say goes: plans of other layers, and the states that it does not know.
DELETE FROM grid_plan WHERE layer <> 'grids' OR state = 'withdrawn';
ALTER TABLE grid_plan DROP CONSTRAINT ck_grid_plan_state;
UPDATE grid_plan SET state = 'submitted' WHERE state = 'approved';
ALTER TABLE grid_plan
    ADD CONSTRAINT ck_grid_plan_state CHECK (state IN ('draft', 'submitted', 'returned', 'published')),
    DROP CONSTRAINT ck_grid_plan_second_person,
    ADD CONSTRAINT ck_grid_plan_second_person CHECK (
        state <> 'published'
        OR (reviewed_by IS NOT NULL AND reviewed_by <> author AND reviewed_by <> submitted_by)),
    DROP COLUMN layer, DROP COLUMN position, DROP COLUMN world, DROP COLUMN lineage, DROP COLUMN settled,
    DROP COLUMN reason, DROP COLUMN approved_by, DROP COLUMN approved_at, DROP COLUMN changed_at, DROP COLUMN outcome;
DELETE FROM grid_plan_step;
ALTER TABLE grid_plan_step DROP COLUMN after, DROP COLUMN codes, DROP COLUMN world;
DELETE FROM grid_plan_cell WHERE gone;
ALTER TABLE grid_plan_cell DROP CONSTRAINT ck_grid_plan_cell_gone, DROP COLUMN base, DROP COLUMN gone,
    ALTER COLUMN geom SET NOT NULL;
SELECT set_config('wangge.actor', '', true), set_config('wangge.areas', '', true);
