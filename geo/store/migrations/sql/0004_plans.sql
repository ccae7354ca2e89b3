-- Plans as tessellations: of any area, with steps that are undone and done again, comments, and one more state.

-- Rows are moved here: in every area, and in somebody's name.
SELECT set_config('wangge.actor', 'system:migration', true), set_config('wangge.areas', '{""}', true);

ALTER TABLE grid_plan
    ADD COLUMN layer       text NOT NULL DEFAULT 'grids' CONSTRAINT ck_grid_plan_layer
                           CHECK (layer IN ('grids', 'communities', 'building_groups')),
    -- Steps up to here are done, later ones are undone.
    ADD COLUMN position    integer NOT NULL DEFAULT 0,
    -- The very rows that the draft stands on; NULL before its first step: then it stands on what is published now.
    ADD COLUMN world       bigint[],
    -- What the planner said of lineage (new code -> old codes) and of branches (branch -> grid), where it is not derived.
    ADD COLUMN lineage     jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN settled     jsonb NOT NULL DEFAULT '{}',
    -- Why its warnings are to be accepted.
    ADD COLUMN reason      text,
    ADD COLUMN approved_by text,
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN changed_at  timestamptz NOT NULL DEFAULT now(),
    -- What publishing it did: codes opened, ended, reshaped, and what became of branches.
    ADD COLUMN outcome     jsonb,
    DROP CONSTRAINT ck_grid_plan_state,
    ADD CONSTRAINT ck_grid_plan_state
        CHECK (state IN ('draft', 'submitted', 'returned', 'approved', 'published', 'withdrawn')),
    DROP CONSTRAINT ck_grid_plan_second_person,
    ADD CONSTRAINT ck_grid_plan_second_person CHECK (
        state NOT IN ('approved', 'published')
        OR (reviewed_by IS NOT NULL AND reviewed_by <> author AND reviewed_by <> submitted_by));

-- `base` is the row of the published version that a cell comes from (NULL: the cell is new); a cell that the draft ends
-- is `gone` and has no shape.
ALTER TABLE grid_plan_cell
    ADD COLUMN base bigint,
    ADD COLUMN gone boolean NOT NULL DEFAULT false,
    ALTER COLUMN geom DROP NOT NULL,
    ADD CONSTRAINT ck_grid_plan_cell_gone CHECK (gone = (geom IS NULL) AND (NOT gone OR base IS NOT NULL));
ALTER TABLE grid_plan_step
    ADD COLUMN after jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN codes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN world jsonb;

-- Drafts there are: what they end becomes a row, cells beyond their area gain their vertices at publication, and their
-- steps, which kept whole drafts, become one.
DELETE FROM grid_plan_cell c USING grid_plan p
 WHERE p.id = c.plan AND p.state <> 'published' AND NOT c.code ^@ region_prefix(p.area);
UPDATE grid_plan_cell c SET base = g.id FROM grid g
 WHERE NOT c.is_new AND g.code = c.code AND upper_inf(g.recorded) AND upper_inf(g.valid);
INSERT INTO grid_plan_cell (plan, code, name, kind, is_new, came_from, base, gone)
SELECT DISTINCT ON (c.plan, g.code) c.plan, g.code, g.name, g.kind, false, '{}'::text[], g.id, true
  FROM grid_plan_cell c JOIN grid_plan p ON p.id = c.plan AND p.state <> 'published', unnest(c.came_from) AS old (code)
  JOIN grid g ON g.code = old.code AND upper_inf(g.recorded) AND upper_inf(g.valid)
 WHERE c.is_new
ON CONFLICT DO NOTHING;
DELETE FROM grid_plan_step;
INSERT INTO grid_plan_step (plan, number, what, before, after, codes, actor)
SELECT c.plan, 1, '{"operation": "earlier"}', jsonb_object_agg(c.code, NULL),
       jsonb_object_agg(c.code, jsonb_build_object(
           'name', c.name, 'kind', c.kind, 'is_new', c.is_new, 'came_from', c.came_from, 'base', c.base, 'gone', c.gone,
           'geom', upper(encode(ST_AsEWKB(c.geom), 'hex')))),
       array_agg(c.code ORDER BY c.code), p.author
  FROM grid_plan_cell c JOIN grid_plan p ON p.id = c.plan AND p.state <> 'published'
 GROUP BY c.plan, p.author;
UPDATE grid_plan p SET position = 1,
       world = (SELECT array_agg(g.id ORDER BY g.code) FROM grid g
                 WHERE g.code ^@ region_prefix(p.area) AND upper_inf(g.recorded) AND upper_inf(g.valid))
 WHERE EXISTS (SELECT 1 FROM grid_plan_step s WHERE s.plan = p.id);

CREATE TABLE grid_plan_comment (
    id    bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_grid_plan_comment PRIMARY KEY,
    plan  bigint NOT NULL CONSTRAINT fk_grid_plan_comment_plan_grid_plan REFERENCES grid_plan (id) ON DELETE CASCADE,
    at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL DEFAULT scope_actor(),
    text  text NOT NULL CONSTRAINT ck_grid_plan_comment_text CHECK (length(text) BETWEEN 1 AND 2000),
    cell  text,
    lon   double precision,
    lat   double precision
);
CREATE INDEX ix_grid_plan_comment_plan ON grid_plan_comment (plan);
CREATE TRIGGER refuse_unattributed BEFORE INSERT OR UPDATE OR DELETE ON grid_plan_comment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unattributed();
ALTER TABLE grid_plan_comment ENABLE ROW LEVEL SECURITY;
ALTER TABLE grid_plan_comment FORCE ROW LEVEL SECURITY;
CREATE POLICY area ON grid_plan_comment USING (plan IN (SELECT id FROM grid_plan))
    WITH CHECK (plan IN (SELECT id FROM grid_plan));
GRANT SELECT, INSERT ON grid_plan_comment TO wangge_app;

-- Households of a basic grid (网格规模), where the district's differ from the standard profile.
ALTER TABLE area_setting
    ADD COLUMN grid_least integer CONSTRAINT ck_area_setting_grid_least CHECK (grid_least >= 0),
    ADD COLUMN grid_most  integer CONSTRAINT ck_area_setting_grid_most CHECK (grid_most >= grid_least);

-- The highest number ever given to a code that is a stem and so many digits (highest_number knows three alone).
CREATE FUNCTION highest_given(of_kind text, stem text, digits integer) RETURNS integer LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = wangge, public, pg_temp AS $$
    SELECT coalesce(max(right(code, digits)::integer), 0) FROM code_register
     WHERE kind = of_kind AND code ^@ stem AND length(code) = length(stem) + digits AND right(code, digits) ~ '^[0-9]+$'
$$;
GRANT EXECUTE ON FUNCTION highest_given(text, text, integer) TO wangge_app;

-- Give codes back that a publication retired for a day which has not come; the day is the publication's own.
CREATE FUNCTION unretire_codes(of_kind text, codes text[], day date) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
    UPDATE code_register SET retired_on = NULL
     WHERE kind = of_kind AND code = ANY (codes) AND retired_on = day AND code ^@ ANY (scope_areas())
$$;
REVOKE EXECUTE ON FUNCTION unretire_codes(text, text[], date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION unretire_codes(text, text[], date) TO wangge_app;

SELECT set_config('wangge.actor', '', true), set_config('wangge.areas', '', true);
