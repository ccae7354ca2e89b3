-- Units that a pool of a day does not hold (any more): why, who serves them or holds them, and what they were called last.
SELECT coalesce(json_agg(json_build_object(
           'code', w.code, 'name', coalesce(w.name, w.last_name), 'why', w.why, 'blocks', w.why IN ('gone', 'taken', 'served'),
           'firm', w.firm, 'firm_name', w.firm_name, 'since', w.since, 'until', w.service_end,
           'round', w.round, 'round_name', w.round_name) ORDER BY w.code), '[]')
  FROM (
      SELECT a.code, u.name, h.name AS last_name, v.firm, f.name AS firm_name, p.since, v.service_end, t.id AS round, t.name AS round_name,
             CASE WHEN u.code IS NULL THEN 'gone'
                  WHEN t.id IS NOT NULL THEN 'taken'
                  WHEN v.served AND v.service_end <= CAST(:day AS date) + CAST(:ending_days AS integer) THEN NULL
                  WHEN v.served THEN 'served'
                  WHEN v.served IS NULL THEN 'unknown'
                  WHEN u.unit_kind = 'community' AND u.three_no IS NOT TRUE THEN 'managed'
             END AS why
        FROM unnest(CAST(:units AS text[])) AS a (code)
        LEFT JOIN unit_at(CAST(:day AS date)) u ON u.code = a.code AND u.code ^@ :prefix
        LEFT JOIN service_at(CAST(:day AS date)) v ON v.unit = u.code
        LEFT JOIN LATERAL (
            SELECT lower(s.valid) AS since FROM service_period s
             WHERE s.unit = u.code AND upper_inf(s.recorded) AND s.valid @> CAST(:day AS date)) p ON true
        LEFT JOIN LATERAL (
            SELECT name FROM firm WHERE code = v.firm AND upper_inf(recorded)
             ORDER BY lower(valid) DESC NULLS LAST LIMIT 1) f ON true
        LEFT JOIN LATERAL (
            SELECT o.id, o.name FROM unit_service us JOIN tender_round o ON o.id = us.round
             WHERE us.live AND us.unit = u.code AND us.round <> :of_round LIMIT 1) t ON true
        LEFT JOIN LATERAL (
            SELECT name FROM (SELECT code, name, recorded, valid FROM community
                              UNION ALL SELECT code, name, recorded, valid FROM building_group) k
             WHERE u.code IS NULL AND k.code = a.code AND k.code ^@ :prefix
             ORDER BY lower(k.recorded) DESC, lower(k.valid) DESC NULLS LAST LIMIT 1) h ON true) w
 WHERE w.why IS NOT NULL
