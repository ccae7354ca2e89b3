SELECT c.code, c.name, c.kind, ST_AsBinary(c.geom) AS wkb
  FROM community_at(CAST(:as_of AS date)) c WHERE c.code ^@ :prefix
