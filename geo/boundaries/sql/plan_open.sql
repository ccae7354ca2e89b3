INSERT INTO grid (code, name, kind, neighbourhood, responsible, team, came_from, geom, valid, opened_by)
SELECT c.code, c.name, c.kind, left(c.code, 12), old.responsible, coalesce(old.team, '{}'), c.came_from, c.geom,
       daterange(CAST(:valid_from AS date), NULL), :by
  FROM grid_plan_cell c
  LEFT JOIN grid old ON cardinality(c.came_from) = 1 AND old.code = c.came_from[1]
                    AND upper_inf(old.recorded) AND upper_inf(old.valid)
 WHERE c.plan = :plan AND c.is_new
