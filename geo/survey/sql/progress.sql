-- How far a survey is, by neighbourhood: sent, surveyed, not to be reached, nobody has said anything yet.
SELECT u.neighbourhood AS code, max(u.about ->> 'neighbourhood') AS name, count(*) AS sent,
       count(*) FILTER (WHERE u.outcome = 'done') AS done,
       count(*) FILTER (WHERE u.outcome = 'unreachable') AS unreachable,
       count(*) FILTER (WHERE u.outcome IS NULL) AS outstanding,
       max(u.returned_at) AS returned_at, array_agg(DISTINCT u.surveyor) FILTER (WHERE u.surveyor IS NOT NULL) AS surveyors
  FROM survey_unit u WHERE u.survey = :survey GROUP BY u.neighbourhood ORDER BY u.neighbourhood
