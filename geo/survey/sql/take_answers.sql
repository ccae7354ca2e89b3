-- What differs from what went out, or from what was confirmed since. The same answer again stays as it is.
INSERT INTO survey_answer AS a (survey, unit, field, text, came, reads, doubt, place)
SELECT :survey, i.unit, i.field, i.text, i.came, i.reads, i.doubt, i.place
  FROM jsonb_to_recordset(CAST(:answers AS jsonb)) AS i (unit text, field text, differs boolean, text text, came jsonb,
                                                         reads boolean, doubt text, place text)
  JOIN survey_unit u ON u.survey = :survey AND u.unit = i.unit
 WHERE i.differs OR EXISTS (SELECT 1 FROM survey_answer k
                             WHERE k.survey = :survey AND k.unit = i.unit AND k.field = i.field)
    ON CONFLICT (survey, unit, field) DO UPDATE
   SET text = excluded.text, came = excluded.came, reads = excluded.reads, doubt = excluded.doubt,
       place = excluded.place, actor = scope_actor(), at = now(), settled = NULL
 WHERE (a.came, a.reads) IS DISTINCT FROM (excluded.came, excluded.reads) OR NOT a.reads AND a.text <> excluded.text
RETURNING a.unit
