-- Codes and shapes of one layer on a date; which layer is bound, not pasted.
SELECT code, ST_AsBinary(geom) AS wkb FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))
 WHERE :layer = level AND geom IS NOT NULL
UNION ALL
SELECT code, ST_AsBinary(geom) FROM grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))
 WHERE :layer = 'grid'
UNION ALL
SELECT code, ST_AsBinary(geom) FROM community_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))
 WHERE :layer = 'community'
UNION ALL
SELECT code, ST_AsBinary(geom) FROM building_group_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))
 WHERE :layer = 'building_group'
UNION ALL
SELECT code, ST_AsBinary(geom) FROM building_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))
 WHERE :layer = 'building'
