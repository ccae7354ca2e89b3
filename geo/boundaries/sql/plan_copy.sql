-- What one draft makes, as the first step of another.
WITH made AS (
    INSERT INTO grid_plan_step (plan, number, what, before, after, codes)
    SELECT :plan, 1, jsonb_build_object('operation', 'copy', 'of', CAST(:of AS bigint)), jsonb_object_agg(c.code, NULL),
           jsonb_object_agg(c.code, jsonb_build_object(
               'name', c.name, 'kind', c.kind, 'is_new', c.is_new, 'came_from', c.came_from, 'base', c.base,
               'gone', c.gone, 'geom', upper(encode(ST_AsEWKB(c.geom), 'hex')))),
           array_agg(c.code ORDER BY c.code)
      FROM grid_plan_cell c WHERE c.plan = :of HAVING count(*) > 0
    RETURNING plan
)
UPDATE grid_plan p SET position = 1, world = CAST(:world AS bigint[]) FROM made WHERE p.id = made.plan RETURNING p.id
