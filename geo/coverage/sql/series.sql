-- Coverage on the first of every month within two dates, of a whole area (`digits` = 0) or of each of its regions.
SELECT d::date AS date, left(u.neighbourhood, CAST(:digits AS integer)) AS region,
       coalesce(sum(m.measure) FILTER (WHERE v.served), 0) AS numerator,
       coalesce(sum(m.measure) FILTER (WHERE v.served IS NOT NULL), 0) AS denominator,
       count(*) FILTER (WHERE u.code IS NOT NULL AND (v.served IS NULL OR m.measure IS NULL)) AS unknown
  FROM generate_series(date_trunc('month', CAST(:first AS date) + interval '1 month' - interval '1 day'),
                       CAST(:last AS timestamp), interval '1 month') d
  LEFT JOIN LATERAL (SELECT * FROM unit_at(d::date, CAST(:known_at AS timestamptz)) u
                      WHERE u.code ^@ :prefix AND (:standalone OR u.unit_kind = 'community')) u ON true
  LEFT JOIN LATERAL (SELECT CASE :basis WHEN 'count' THEN 1 WHEN 'households' THEN u.households ELSE u.floor_area END
                         AS measure) m ON true
  LEFT JOIN LATERAL service_at(d::date, CAST(:known_at AS timestamptz)) v ON v.unit = u.code
 GROUP BY 1, 2 ORDER BY 1, 2
