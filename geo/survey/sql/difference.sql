-- Every unit that came back in any way: what went out, what was answered, what is there on a date.
SELECT u.unit, u.unit_kind, u.neighbourhood, u.about ->> 'neighbourhood' AS place, u.name, u.sent, u.outcome, u.surveyor,
       u.surveyed_on, u.note, now.version, lower(now.valid) AS since, now.facts, now.firm, now.service_end,
       coalesce(answered.answers, '{}') AS answers, made.actor AS changed_by, made.at AS changed_at,
       made.source AS changed_source
  FROM survey_unit u
  LEFT JOIN surveyed_at(:day) now ON now.unit = u.unit
  LEFT JOIN LATERAL (
       SELECT jsonb_object_agg(a.field, jsonb_build_object('text', a.text, 'came', a.came, 'reads', a.reads,
                  'doubt', a.doubt, 'place', a.place,
                  'settled', CASE WHEN is_settled(a.settled) THEN a.settled END)) AS answers
         FROM survey_answer a WHERE a.survey = u.survey AND a.unit = u.unit) answered ON true
  LEFT JOIN LATERAL (
       SELECT c.opened_by FROM community c WHERE u.unit_kind = 'community' AND c.id = now.version
       UNION ALL
       SELECT b.opened_by FROM building_group b WHERE u.unit_kind = 'building_group' AND b.id = now.version) row ON true
  LEFT JOIN change_set made ON made.id = row.opened_by
 WHERE u.survey = :survey AND (u.outcome IS NOT NULL OR answered.answers IS NOT NULL OR u.note IS NOT NULL)
   AND (CAST(:neighbourhood AS text) IS NULL OR u.neighbourhood = :neighbourhood)
 ORDER BY u.unit
