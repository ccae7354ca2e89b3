-- The columns of a matching's rows of one class, in the order in which the file has them.
SELECT cell.pair ->> 0 AS header
  FROM matching_row r CROSS JOIN LATERAL jsonb_array_elements(r.original) WITH ORDINALITY AS cell (pair, at)
 WHERE r.matching = :matching AND (CAST(:class AS text) IS NULL OR r.class = :class)
 GROUP BY 1 ORDER BY min(cell.at), min(r.number)
