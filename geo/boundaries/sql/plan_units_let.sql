-- Units that a live round holds: from the day it is handed in until it is over.
SELECT DISTINCT u.unit
  FROM package_unit u JOIN tender_round r ON r.id = u.round AND r.live
 WHERE u.unit_kind = :kind AND u.unit = ANY (:codes)
 ORDER BY 1
