-- Write decisions down where nobody else changed the row since it was read; a choice of NULL takes one back.
UPDATE matching_row r
   SET decision = d.choice, code = d.code, version = r.version + 1,
       decided_by = CASE WHEN d.choice IS NOT NULL THEN scope_actor() END,
       decided_at = CASE WHEN d.choice IS NOT NULL THEN now() END
  FROM jsonb_to_recordset(CAST(:decisions AS jsonb)) AS d(number integer, version integer, choice text, code text)
 WHERE r.matching = :matching AND r.number = d.number AND r.version = d.version
   AND (d.choice IS DISTINCT FROM 'new' OR r.may_be_new)
RETURNING r.number, r.version, r.decision, r.code, r.decided_by, r.decided_at
