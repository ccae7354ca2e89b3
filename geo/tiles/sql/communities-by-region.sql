SELECT left(c.code, :digits) AS prefix, count(*) AS count, sum(c.households) AS households,
       count(*) FILTER (WHERE c.households IS NULL) AS households_unknown,
       count(*) FILTER (WHERE v.served) AS served, count(*) FILTER (WHERE NOT v.served) AS unserved,
       count(*) FILTER (WHERE v.served IS NULL) AS service_unknown,
       count(*) FILTER (WHERE t.three_no) AS three_no,
       count(*) FILTER (WHERE t.three_no AND v.served) AS three_no_served,
       count(*) FILTER (WHERE t.three_no AND NOT v.served) AS three_no_unserved
  FROM community_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) c
  LEFT JOIN area_setting s ON s.area = left(c.code, 6)
  LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = c.code
 CROSS JOIN LATERAL (SELECT is_three_no(coalesce(s.three_no, 'all_flags'), c.kind, c.no_managing_unit,
                                        c.no_property_service, c.no_security) AS three_no) t
 GROUP BY 1
