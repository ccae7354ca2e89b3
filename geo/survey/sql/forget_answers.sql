-- A later file says again what went out: the open answer that said otherwise is no more.
DELETE FROM survey_answer a
 USING jsonb_to_recordset(CAST(:answers AS jsonb)) AS i (unit text, field text, differs boolean)
 WHERE a.survey = :survey AND a.unit = i.unit AND a.field = i.field AND NOT i.differs AND NOT is_settled(a.settled)
