-- When a unit was last surveyed, and by whom.
SELECT u.survey, s.title, u.outcome, u.surveyor, u.surveyed_on AS day,
       u.note
  FROM survey_unit u JOIN survey s ON s.id = u.survey
 WHERE u.unit = :unit AND u.outcome IS NOT NULL ORDER BY u.returned_at DESC LIMIT 5
