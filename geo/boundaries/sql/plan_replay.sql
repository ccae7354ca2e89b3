-- The rows that a step made (forward) or replaced (back).
INSERT INTO grid_plan_cell (plan, code, name, kind, is_new, came_from, base, gone, geom)
SELECT s.plan, kept.key, cell.name, cell.kind, cell.is_new, cell.came_from, cell.base, cell.gone,
       CAST(cell.geom AS geometry(MultiPolygon, 4490))
  FROM grid_plan_step s,
       jsonb_each(CASE WHEN :forward THEN s.after ELSE s.before END) AS kept (key, value),
       jsonb_to_record(nullif(kept.value, 'null')) AS cell (name text, kind text, is_new boolean, came_from text[], base bigint,
                                            gone boolean, geom text)
 WHERE s.plan = :plan AND s.number = :number AND kept.value <> 'null'
