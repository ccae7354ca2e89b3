-- A step of a draft: the rows of its cells as they are now, and as they will be.
INSERT INTO grid_plan_step (plan, number, what, before, after, codes, world)
SELECT :plan, :number, CAST(:what AS jsonb),
       coalesce((SELECT jsonb_object_agg(named.code, CASE WHEN c.code IS NOT NULL THEN jsonb_build_object(
                    'name', c.name, 'kind', c.kind, 'is_new', c.is_new, 'came_from', c.came_from, 'base', c.base,
                    'gone', c.gone, 'geom', upper(encode(ST_AsEWKB(c.geom), 'hex'))) END)
                   FROM unnest(CAST(:codes AS text[])) AS named (code)
                   LEFT JOIN grid_plan_cell c ON c.plan = :plan AND c.code = named.code), '{}'),
       CAST(:after AS jsonb), CAST(:codes AS text[]), CAST(:world AS jsonb)
