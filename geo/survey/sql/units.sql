-- The rows of a sheet, as they went out, in order of neighbourhood and code.
SELECT u.unit, u.unit_kind, u.neighbourhood, u.name, u.about, u.sent
  FROM survey_unit u
 WHERE u.survey = :survey AND (CAST(:neighbourhood AS text) IS NULL OR u.neighbourhood = :neighbourhood)
 ORDER BY u.unit
