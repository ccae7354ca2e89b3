SELECT b.code, b.geom, CAST(NULL AS text) AS level,
       json_build_object('code', b.code, 'name', b.name, 'group', b.building_group, 'community', b.community,
                         'floors', b.floors, 'units', b.units, 'households', b.households,
                         'residents', b.residents, 'floor_area', b.floor_area) AS properties
  FROM building_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
