SELECT left(c.code, :digits) AS prefix, count(*) AS count, sum(c.households) AS households,
       count(*) FILTER (WHERE c.households IS NULL) AS households_unknown,
       count(*) FILTER (WHERE v.served) AS served, count(*) FILTER (WHERE NOT v.served) AS unserved,
       count(*) FILTER (WHERE v.served IS NULL) AS service_unknown
  FROM community_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) c
  LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = c.code
 GROUP BY 1
