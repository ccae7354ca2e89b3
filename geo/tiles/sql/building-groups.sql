SELECT b.code, b.name, b.community IS NULL AS stand_alone, b.households, v.mode, v.served, b.geom
  FROM building_group_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
  LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = coalesce(b.community, b.code)
