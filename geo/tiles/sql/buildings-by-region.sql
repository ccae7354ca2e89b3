SELECT left(b.code, :digits) AS prefix, count(*) AS count, sum(b.households) AS households,
       count(*) FILTER (WHERE b.households IS NULL) AS households_unknown
  FROM building_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
 GROUP BY 1
