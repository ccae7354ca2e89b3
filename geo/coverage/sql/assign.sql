-- Everything that a place lies in. On a border the smallest code wins and `on_border` says so.
WITH place AS (
    SELECT ST_SetSRID(ST_MakePoint(CAST(:lon AS double precision), CAST(:lat AS double precision)), 4490) AS point
), at_grid AS (
    SELECT g.code, g.name, g.kind, g.responsible, g.team, g.neighbourhood, ST_Contains(g.geom, point) AS inside
      FROM place, grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) g
     WHERE g.geom && point AND ST_Intersects(g.geom, point) ORDER BY g.code LIMIT 1
), at_region AS (
    SELECT DISTINCT ON (r.level) r.level, r.code, r.name
      FROM place, region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) r
     WHERE r.geom && point AND ST_Intersects(r.geom, point) ORDER BY r.level, r.code
), at_community AS (
    SELECT c.code, c.name FROM place, community_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) c
     WHERE c.geom && point AND ST_Intersects(c.geom, point) ORDER BY c.code LIMIT 1
), at_group AS (
    SELECT b.code, b.name, b.community
      FROM place, building_group_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
     WHERE b.geom && point AND ST_Intersects(b.geom, point) ORDER BY b.code LIMIT 1
), serving AS (
    SELECT v.served, v.mode, v.firm, f.name AS firm_name, v.service_end
      FROM service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v
      LEFT JOIN firm_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) f ON f.code = v.firm
     WHERE v.unit = coalesce((SELECT code FROM at_community),
                             (SELECT coalesce(community, code) FROM at_group))
)
SELECT json_build_object(
    'grid', (SELECT json_build_object('code', code, 'name', name, 'kind', kind, 'responsible', responsible,
                                      'team', team) FROM at_grid),
    'on_border', (SELECT NOT inside FROM at_grid),
    'neighbourhood', (SELECT json_build_object('code', code, 'name', name) FROM at_region WHERE level = 'neighbourhood'),
    'subdistrict', (SELECT json_build_object('code', code, 'name', name) FROM at_region WHERE level = 'subdistrict'),
    'district', (SELECT json_build_object('code', code, 'name', name) FROM at_region WHERE level = 'district'),
    'community', (SELECT json_build_object('code', code, 'name', name) FROM at_community),
    'building_group', (SELECT json_build_object('code', code, 'name', name, 'stand_alone', community IS NULL) FROM at_group),
    'service', (SELECT row_to_json(serving) FROM serving))
