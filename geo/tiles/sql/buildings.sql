SELECT b.code, b.name, b.floors, b.households, b.geom
  FROM building_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
