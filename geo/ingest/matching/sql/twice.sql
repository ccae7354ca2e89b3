-- Communities that several rows would be given, among them one of :numbers.
SELECT coalesce(code, candidates -> 0 ->> 'code') AS code, array_agg(number ORDER BY number) AS numbers
  FROM matching_row
 WHERE matching = :matching AND (decision = 'match' OR decision IS NULL AND class = 'certain')
 GROUP BY 1 HAVING count(*) > 1 AND array_agg(number) && CAST(:numbers AS integer[])
 ORDER BY 1 LIMIT 1
