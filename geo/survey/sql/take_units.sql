-- Who surveyed which units; a blank in a later file takes nothing back.
UPDATE survey_unit u
   SET outcome = coalesce(i.outcome, u.outcome), surveyor = coalesce(i.surveyor, u.surveyor),
       surveyed_on = coalesce(i.surveyed_on, u.surveyed_on, i.otherwise), contact = coalesce(i.contact, u.contact),
       phone = coalesce(i.phone, u.phone), note = coalesce(i.note, u.note), returned_at = now()
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS i (unit text, outcome text, surveyor text, surveyed_on date,
                                                      otherwise date, contact text, phone text, note text)
 WHERE u.survey = :survey AND u.unit = i.unit
   AND (i.outcome, i.surveyor, i.surveyed_on, i.contact, i.phone, i.note) IS DISTINCT FROM
       (u.outcome, u.surveyor, u.surveyed_on, u.contact, u.phone, u.note)
