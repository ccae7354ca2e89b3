SELECT left(g.code, :digits) AS prefix, count(*) AS count
  FROM grid_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) g
 GROUP BY 1
