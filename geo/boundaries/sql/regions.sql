SELECT r.code::text AS code, r.geom, r.level AS level,
       json_build_object('code', r.code, 'name', r.name, 'level', r.level, 'parent', r.parent,
                         'area_m2', round(r.area_m2::numeric, 1)) AS properties
  FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) r
