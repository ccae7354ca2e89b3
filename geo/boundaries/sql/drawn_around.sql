-- What a drawing shows around and under its cells: roads, rivers, railways, and borders of neighbourhoods.
SELECT b.kind, b.name, ST_AsBinary(b.geom) AS wkb
  FROM base_feature_at(CAST(:as_of AS date)) b
 WHERE b.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
UNION ALL
SELECT 'border', '', ST_AsBinary(r.geom)
  FROM region_at(CAST(:as_of AS date)) r
 WHERE r.level = 'neighbourhood' AND r.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
