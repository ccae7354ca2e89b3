-- Surveys of the area in which something waits on a day: answers that differ from the records and are not confirmed (units that
-- are gone, and that nobody knows who serves, wait for nobody), and units that have not come back.
WITH waiting AS (
    SELECT a.survey, count(*) AS open, count(DISTINCT a.unit) AS units, max(a.at) AS returned_at
      FROM survey_answer a JOIN surveyed_at(:day) now ON now.unit = a.unit
     WHERE NOT is_settled(a.settled) AND NOT (a.field = 'mode' AND a.reads AND a.came IS NULL)
       AND (NOT a.reads OR coalesce(a.came, 'null') IS DISTINCT FROM coalesce(now.facts -> a.field, 'null'))
     GROUP BY a.survey
), missing AS (
    SELECT u.survey, count(*) AS outstanding FROM survey_unit u WHERE u.outcome IS NULL GROUP BY u.survey
)
SELECT s.id, s.title, s.due, coalesce(w.open, 0) AS open, coalesce(w.units, 0) AS units, w.returned_at,
       coalesce(m.outstanding, 0) AS outstanding
  FROM survey s LEFT JOIN waiting w ON w.survey = s.id LEFT JOIN missing m ON m.survey = s.id
 WHERE w.open > 0 OR s.due < :day AND m.outstanding > 0
 ORDER BY s.id
