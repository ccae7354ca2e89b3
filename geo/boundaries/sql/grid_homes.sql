-- Every grid with what lives in it (by each building's inner point).
SELECT g.code, g.name, g.kind, g.neighbourhood::text AS neighbourhood, ST_AsBinary(g.geom) AS wkb,
       sum(b.households) AS households, sum(b.residents) AS residents, count(b.code) AS buildings,
       count(b.code) FILTER (WHERE b.households IS NULL) AS unknown
  FROM grid_at(CAST(:as_of AS date)) g
  LEFT JOIN LATERAL (SELECT b.code, b.households, b.residents FROM building_at(CAST(:as_of AS date)) b
                      WHERE b.geom && g.geom AND ST_Intersects(g.geom, ST_PointOnSurface(b.geom))) b ON true
 WHERE g.code ^@ :prefix
 GROUP BY g.code, g.name, g.kind, g.neighbourhood, g.geom
 ORDER BY g.code
