-- The regions of a level below a prefix, each with a place inside it for its name and the sums of its communities.
SELECT coalesce(json_agg(json_build_object(
           'code', r.code, 'name', r.name, 'at', json_build_array(round(ST_X(r.at)::numeric, 6), round(ST_Y(r.at)::numeric, 6)),
           'area_m2', round(r.area_m2::numeric), 'count', coalesce(n.count, 0), 'served', coalesce(n.served, 0),
           'unserved', coalesce(n.unserved, 0), 'service_unknown', coalesce(n.service_unknown, 0),
           'three_no', coalesce(n.three_no, 0)) ORDER BY r.code), '[]')::text AS counted
  FROM (SELECT code::text AS code, name, region_prefix(code) AS prefix, area_m2, ST_PointOnSurface(geom) AS at
          FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz))
         WHERE level = :level AND code ^@ :below AND geom IS NOT NULL) r
  LEFT JOIN (
    SELECT left(c.code, :digits) AS prefix, count(*) AS count,
           count(*) FILTER (WHERE v.served) AS served, count(*) FILTER (WHERE NOT v.served) AS unserved,
           count(*) FILTER (WHERE v.served IS NULL) AS service_unknown,
           count(*) FILTER (WHERE is_three_no(coalesce(s.three_no, 'all_flags'), c.kind, c.no_managing_unit,
                                              c.no_property_service, c.no_security)) AS three_no
      FROM community_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) c
      LEFT JOIN area_setting s ON s.area = left(c.code, 6)
      LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = c.code
     WHERE c.code ^@ :below
     GROUP BY 1) n ON n.prefix = r.prefix
