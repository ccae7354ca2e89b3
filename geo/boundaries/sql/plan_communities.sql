-- Communities of an area, or those of them that a shape touches: the parents of building groups.
SELECT c.code, c.name, 'community' AS level, ST_AsBinary(c.geom) AS wkb
  FROM community_at(CAST(:as_of AS date)) c
 WHERE c.code ^@ :prefix
   AND (CAST(:wkb AS bytea) IS NULL
        OR (c.geom && ST_GeomFromWKB(:wkb, 4490) AND ST_Intersects(c.geom, ST_GeomFromWKB(:wkb, 4490))))
 ORDER BY c.code
