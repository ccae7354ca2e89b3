-- Buildings in no grid, or on both sides of a grid's border by more than the tolerance in m².
WITH b AS (
    SELECT b.code, b.geom, b.area_m2 FROM building_at(CAST(:as_of AS date)) b WHERE b.code ^@ :prefix
), inside AS (
    SELECT b.code, b.geom, b.area_m2, g.code AS grid, g.geom AS grid_geom, ST_CoveredBy(b.geom, g.geom) AS whole
      FROM b LEFT JOIN grid_at(CAST(:as_of AS date)) g ON g.geom && b.geom AND ST_Intersects(g.geom, b.geom)
)
SELECT code, CASE WHEN bool_or(grid IS NOT NULL) THEN 'building_cut' ELSE 'building_in_no_grid' END AS fault,
       array_agg(grid ORDER BY grid) FILTER (WHERE grid IS NOT NULL) AS grids,
       ST_X(ST_PointOnSurface(min(geom::text)::geometry)) AS lon, ST_Y(ST_PointOnSurface(min(geom::text)::geometry)) AS lat
  FROM inside
 WHERE whole IS NOT TRUE
   AND (grid IS NULL OR ST_Area(ST_Intersection(geom, grid_geom)::geography) BETWEEN :tolerance AND area_m2 - :tolerance)
 GROUP BY code ORDER BY code
