SELECT b.code, b.geom, CAST(NULL AS text) AS level,
       json_build_object('code', b.code, 'name', b.name, 'kind', b.kind) AS properties
  FROM base_feature_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
