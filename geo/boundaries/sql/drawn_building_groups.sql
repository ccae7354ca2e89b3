SELECT b.code, b.name, NULL AS kind, ST_AsBinary(b.geom) AS wkb
  FROM building_group_at(CAST(:as_of AS date)) b WHERE b.code ^@ :prefix
