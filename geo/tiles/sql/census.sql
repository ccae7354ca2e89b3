-- How much of everything there is, and in which modes communities are served; no row of it leaves the database.
WITH unit AS (
    SELECT v.mode, is_three_no(coalesce(s.three_no, 'all_flags'), c.kind, c.no_managing_unit, c.no_property_service,
                               c.no_security) AS three_no
      FROM community_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) c
      LEFT JOIN area_setting s ON s.area = left(c.code, 6)
      LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = c.code
), body AS (
    SELECT community IS NULL AS alone
      FROM building_group_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))
), place AS (
    SELECT level, geom FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))
), box AS (SELECT ST_Extent(geom) AS whole FROM place)
SELECT json_build_object(
    'communities', (SELECT count(*) FROM unit),
    'modes', (SELECT coalesce(json_object_agg(m.mode, m.n), '{}')
                FROM (SELECT coalesce(mode, 'unknown') AS mode, count(*) AS n FROM unit GROUP BY 1) m),
    'three_no', (SELECT count(*) FROM unit WHERE three_no),
    'groups', (SELECT count(*) FROM body WHERE NOT alone),
    'stand_alone', (SELECT count(*) FROM body WHERE alone),
    'grids', (SELECT count(*) FROM grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))),
    'neighbourhoods', (SELECT count(*) FROM place WHERE level = 'neighbourhood'),
    'subdistricts', (SELECT count(*) FROM place WHERE level = 'subdistrict'),
    'districts', (SELECT count(*) FROM place WHERE level = 'district'),
    'bounds', CASE WHEN whole IS NOT NULL THEN
        json_build_array(ST_XMin(whole), ST_YMin(whole), ST_XMax(whole), ST_YMax(whole)) END)::text AS counted
  FROM box
