-- Buildings that touch a box: footprint, inner point and what lives in them.
SELECT b.code, b.households, b.residents, ST_AsBinary(b.geom) AS wkb, ST_AsBinary(ST_PointOnSurface(b.geom)) AS point
  FROM building_at(CAST(:as_of AS date)) b
 WHERE b.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
 ORDER BY b.code
