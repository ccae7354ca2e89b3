-- Write the rows of a matching; what was decided about a row stays as it is.
INSERT INTO matching_row AS kept (matching, number, class, name, original, place, candidates, reason, may_be_new, code)
SELECT :matching, r.number, r.class, r.name, r.original, r.place, r.candidates, r.reason, r.may_be_new, NULL
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(number integer, class text, name text, original jsonb, place jsonb,
                                                     candidates jsonb, reason jsonb, may_be_new boolean)
ON CONFLICT (matching, number) DO UPDATE
   SET class = excluded.class, name = excluded.name, original = excluded.original, place = excluded.place,
       candidates = excluded.candidates, reason = excluded.reason, may_be_new = excluded.may_be_new
 WHERE kept.decision IS NULL
