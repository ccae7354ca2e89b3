SELECT r.code::text AS code, r.name, r.level, region_prefix(r.code) AS prefix, r.geom
  FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) r
 WHERE r.level = :level
