SELECT g.code, g.name, g.kind, ST_AsBinary(g.geom) AS wkb
  FROM grid_at(CAST(:as_of AS date)) g WHERE g.code ^@ :prefix
