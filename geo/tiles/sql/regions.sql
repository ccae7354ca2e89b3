-- Neighbourhoods are lines too close to tell apart until zoom 11.
SELECT r.code::text AS code, r.name, r.level, r.geom
  FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) r
 WHERE r.geom IS NOT NULL AND (r.level <> 'neighbourhood' OR CAST(:zoom AS integer) >= 11)
