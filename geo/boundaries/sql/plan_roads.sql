SELECT f.kind, ST_AsBinary(f.geom) AS wkb FROM base_feature_at(CAST(:as_of AS date)) f
 WHERE f.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490) ORDER BY f.code
