-- The grids around a place as a draft sees them: the last published ones (also those that begin only later), with those
-- that the draft makes or changes in their stead.
WITH draft AS (
    SELECT code, name, kind, is_new, came_from, geom FROM grid_plan_cell WHERE plan = :plan
), gone AS (
    SELECT unnest(came_from) AS code FROM draft WHERE is_new
), published AS (
    SELECT g.code, g.name, g.kind, false AS is_new, g.came_from, g.geom
      FROM grid g
     WHERE upper_inf(g.recorded) AND upper_inf(g.valid) AND g.code NOT IN (SELECT code FROM draft) AND g.code NOT IN (SELECT code FROM gone)
), world AS (SELECT * FROM published UNION ALL SELECT * FROM draft)
SELECT w.code, w.name, w.kind, w.is_new, w.came_from, ST_AsBinary(w.geom) AS wkb
  FROM world w
 WHERE w.code ^@ :neighbourhood
    OR EXISTS (SELECT 1 FROM world cell WHERE cell.code = :grid AND w.geom && cell.geom AND ST_Intersects(w.geom, cell.geom))
 ORDER BY w.code
