SELECT g.code, g.name, g.kind, g.geom
  FROM grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) g
