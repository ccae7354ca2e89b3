SELECT ST_AsBinary(b.geom) AS wkb FROM building_at(CAST(:as_of AS date)) b
 WHERE b.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490) ORDER BY b.code
