SELECT r.code::text AS code, ST_AsBinary(r.geom) AS wkb
  FROM region_at(CAST(:as_of AS date)) r WHERE r.level = 'neighbourhood' AND r.code ^@ :prefix ORDER BY r.code
