-- The rows of a survey that begins: each unit with the values that go out, and what the last survey noted of it.
INSERT INTO survey_unit (survey, unit, unit_kind, neighbourhood, name, about, sent)
SELECT :survey, u.unit, u.unit_kind, u.neighbourhood, u.name,
       jsonb_strip_nulls(jsonb_build_object('neighbourhood', n.name, 'subdistrict', s.name, 'firm', u.firm,
           'service_end', u.service_end, 'contact', seen.contact, 'phone', seen.phone, 'surveyed_on', seen.day)),
       asked.sent
  FROM surveyed_at(:as_of) u
  LEFT JOIN region_at(:as_of) n ON n.code = u.neighbourhood
  LEFT JOIN region_at(:as_of) s ON s.code = n.parent
 CROSS JOIN LATERAL (SELECT jsonb_object_agg(f.key, f.value) AS sent FROM jsonb_each(u.facts) f
                      WHERE f.key = ANY (:fields)) asked
  LEFT JOIN LATERAL (
       SELECT w.unit, w.contact, w.phone, w.surveyed_on AS day FROM survey_unit w
        WHERE w.unit = u.unit AND w.outcome = 'done' ORDER BY w.returned_at DESC LIMIT 1) seen ON true
 WHERE u.unit ^@ :prefix AND asked.sent IS NOT NULL
   AND CASE WHEN u.unit_kind = 'building_group' THEN :standalone
            ELSE CASE :chosen
                 WHEN 'old' THEN u.kind = 'old'
                 WHEN 'three_no' THEN u.three_no
                 WHEN 'gaps' THEN EXISTS (SELECT 1 FROM jsonb_each(asked.sent) f WHERE f.value = 'null')
                 WHEN 'never' THEN seen.unit IS NULL
                 ELSE true END END
RETURNING unit
