-- The totals of an area on a date, as one JSON object.
WITH unit AS (
    SELECT u.*, v.served, v.service_end
      FROM unit_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) u
      LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = u.code
     WHERE u.code ^@ :prefix
), place AS (
    SELECT * FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) r
     WHERE region_prefix(r.code) ^@ :prefix
), branch_here AS (
    SELECT * FROM branch_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b WHERE b.code ^@ :prefix
)
SELECT json_build_object(
    -- the topmost regions that have a shape: a city is known by name alone
    'area_km2', (SELECT round((sum(p.area_m2) / 1e6)::numeric, 4) FROM place p
                  WHERE p.geom IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM place up WHERE up.code = p.parent AND up.geom IS NOT NULL)),
    'subdistricts', (SELECT count(*) FROM place WHERE level = 'subdistrict'),
    'neighbourhoods', (SELECT count(*) FROM place WHERE level = 'neighbourhood'),
    'grids', (SELECT count(*) FROM grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) g WHERE g.code ^@ :prefix),
    'buildings', (SELECT count(*) FROM building_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
                   WHERE b.code ^@ :prefix),
    'residents', sum(residents), 'households', sum(households),
    'communities', count(*) FILTER (WHERE unit_kind = 'community'),
    'communities_by_kind', (SELECT coalesce(json_object_agg(coalesce(kind, 'unknown'), n), '{}') FROM (
        SELECT kind, count(*) AS n FROM unit WHERE unit_kind = 'community' GROUP BY kind ORDER BY kind) k),
    'stand_alone', count(*) FILTER (WHERE unit_kind = 'building_group'),
    'three_no', count(*) FILTER (WHERE three_no),
    'served', count(*) FILTER (WHERE served AND unit_kind = 'community'),
    'unserved', count(*) FILTER (WHERE NOT served AND unit_kind = 'community'),
    'unknown', count(*) FILTER (WHERE served IS NULL AND unit_kind = 'community'),
    'unserved_households', sum(households) FILTER (WHERE NOT served),
    'pool', count(*) FILTER (WHERE unit_kind = 'community' AND ((three_no AND NOT served)
                                OR service_end <= CAST(:as_of AS date) + CAST(:ending_days AS integer))),
    'pool_stand_alone', count(*) FILTER (WHERE unit_kind = 'building_group' AND (NOT served
                                OR service_end <= CAST(:as_of AS date) + CAST(:ending_days AS integer))),
    'branches', (SELECT count(*) FROM branch_here),
    'community_branches', (SELECT count(*) FROM branch_here WHERE kind = 'community'),
    'grids_with_branch', (SELECT count(DISTINCT b.grid) FROM branch_here b
                           JOIN grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) g ON g.code = b.grid),
    'firms', (SELECT count(*) FROM firm_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) f
               WHERE :prefix ^@ region_prefix(f.region) OR region_prefix(f.region) ^@ :prefix)
) FROM unit
