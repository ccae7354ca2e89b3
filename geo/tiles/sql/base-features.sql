-- Streets are noise from far away.
SELECT b.code, b.name, b.kind, b.geom
  FROM base_feature_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
 WHERE b.kind <> 'street' OR CAST(:zoom AS integer) >= 13
