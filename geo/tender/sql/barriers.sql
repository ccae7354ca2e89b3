SELECT ST_AsBinary(b.geom) AS wkb
  FROM base_feature_at(CAST(:as_of AS date)) b WHERE b.kind = ANY (CAST(:kinds AS text[])) ORDER BY b.code
