SELECT g.code, g.geom, CAST(NULL AS text) AS level,
       json_build_object('code', g.code, 'name', g.name, 'kind', g.kind, 'neighbourhood', g.neighbourhood,
                         'responsible', g.responsible, 'team', g.team, 'came_from', g.came_from,
                         'area_m2', round(g.area_m2::numeric, 1)) AS properties
  FROM grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) g
