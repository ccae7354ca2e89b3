-- Coverage by grid. A large community lies in several grids, so its households and floor area go to grids by building;
-- on the count it goes once, to the grid that holds most of its households (the smaller code on a tie).
WITH unit AS (
    SELECT u.code, u.geom, v.served,
           CASE :basis WHEN 'count' THEN 1 WHEN 'households' THEN u.households ELSE u.floor_area END AS measure
      FROM unit_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) u
      LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = u.code
     WHERE u.code ^@ :prefix AND (:standalone OR u.unit_kind = 'community')
), part AS (
    -- A building, with its weight within its unit; a unit without buildings is one part at its own inner point.
    SELECT left(b.code, 16) AS unit, ST_PointOnSurface(b.geom) AS point, b.households,
           CASE :basis WHEN 'floor_area' THEN b.floor_area ELSE b.households END AS weight
      FROM building_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
     WHERE b.code ^@ :prefix
    UNION ALL
    SELECT u.code, ST_PointOnSurface(u.geom), NULL, NULL FROM unit u
     WHERE NOT EXISTS (SELECT 1 FROM building_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
                        WHERE b.code ^@ u.code)
), placed AS (
    SELECT p.unit, g.code AS grid, p.households,
           -- where a weight is unknown, or all are zero, every building of the unit weighs the same
           CASE WHEN bool_and(p.weight IS NOT NULL) OVER w AND sum(p.weight) OVER w > 0 THEN p.weight ELSE 1 END AS weight
      FROM part p
      LEFT JOIN LATERAL (SELECT g.code FROM grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) g
                          WHERE g.geom && p.point AND ST_Intersects(g.geom, p.point) ORDER BY g.code LIMIT 1) g ON true
    WINDOW w AS (PARTITION BY p.unit)
), share AS (
    SELECT unit, grid, sum(weight) AS weight, sum(sum(weight)) OVER (PARTITION BY unit) AS whole,
           row_number() OVER (PARTITION BY unit ORDER BY sum(households) DESC NULLS LAST, sum(weight) DESC, grid) AS rank
      FROM placed GROUP BY unit, grid
), piece AS (
    SELECT s.grid, u.served, s.rank,
           CASE WHEN :basis = 'count' THEN u.measure ELSE u.measure * s.weight / s.whole END AS measure
      FROM unit u JOIN share s ON s.unit = u.code
     WHERE :basis <> 'count' OR s.rank = 1
), row AS (
    SELECT g.code, g.name,
           coalesce(sum(p.measure) FILTER (WHERE p.served), 0) AS numerator,
           coalesce(sum(p.measure) FILTER (WHERE p.served IS NOT NULL), 0) AS denominator,
           count(*) FILTER (WHERE p.rank = 1 AND (p.served IS NULL OR p.measure IS NULL)) AS unknown
      FROM (SELECT code, name FROM grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) WHERE code ^@ :prefix) g
      FULL JOIN piece p ON p.grid = g.code
     GROUP BY g.code, g.name
)
SELECT code, name, numerator, denominator, unknown, false AS is_total FROM row
UNION ALL
SELECT NULL, NULL, coalesce(sum(numerator), 0), coalesce(sum(denominator), 0), coalesce(sum(unknown), 0), true FROM row
 ORDER BY is_total, code
