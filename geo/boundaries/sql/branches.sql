SELECT b.code, CAST(NULL AS geometry) AS geom, CAST(NULL AS text) AS level,
       json_build_object('code', b.code, 'name', b.name, 'kind', b.kind, 'grid', b.grid,
                         'community', b.community) AS properties
  FROM branch_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
