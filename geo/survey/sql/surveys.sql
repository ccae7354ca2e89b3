-- Surveys that concern the asker's area, newest first, with how far they are there.
SELECT s.id, s.area, r.name AS area_name, s.title, s.as_of, s.known_at, s.chosen, s.standalone, s.fields, s.layout,
       s.author, s.created_at, s.due, w.sent, w.done, w.unreachable
  FROM survey s
  LEFT JOIN region r ON r.code = s.area AND upper_inf(r.recorded) AND r.valid @> s.as_of
 CROSS JOIN LATERAL (
       SELECT count(*) AS sent, count(*) FILTER (WHERE u.outcome = 'done') AS done,
              count(*) FILTER (WHERE u.outcome = 'unreachable') AS unreachable
         FROM survey_unit u WHERE u.survey = s.id) w
 WHERE (CAST(:number AS bigint) IS NULL OR s.id = :number)
 ORDER BY s.id DESC LIMIT 500
