-- Neighbourhoods of an area, or those of them that a shape touches.
SELECT r.code::text AS code, r.name, r.level, ST_AsBinary(r.geom) AS wkb
  FROM region_at(CAST(:as_of AS date)) r
 WHERE r.level = 'neighbourhood' AND r.code ^@ :prefix
   AND (CAST(:wkb AS bytea) IS NULL
        OR (r.geom && ST_GeomFromWKB(:wkb, 4490) AND ST_Intersects(r.geom, ST_GeomFromWKB(:wkb, 4490))))
 ORDER BY r.code
