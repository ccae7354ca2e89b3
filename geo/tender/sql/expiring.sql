-- Contracts that end soon: whether another service follows without a gap, and the round that lets the unit already.
SELECT coalesce(json_agg(json_build_object(
           'unit', v.unit, 'unit_kind', u.unit_kind, 'name', u.name, 'neighbourhood', u.neighbourhood,
           'households', u.households, 'mode', v.mode, 'firm', v.firm, 'firm_name', f.name, 'end', v.service_end,
           'days', v.service_end - CAST(:as_of AS date), 'successor', n.follows, 'round', t.id, 'round_name', t.name,
           'round_state', t.state, 'risk', NOT n.follows) ORDER BY v.service_end, v.unit), '[]')
  FROM service_at(CAST(:as_of AS date)) v
  JOIN unit_at(CAST(:as_of AS date)) u ON u.code = v.unit
  LEFT JOIN firm_at(CAST(:as_of AS date)) f ON f.code = v.firm
  CROSS JOIN LATERAL (
      SELECT EXISTS (SELECT 1 FROM service_period s WHERE s.unit = v.unit AND upper_inf(s.recorded) AND s.mode <> 'none'
                        AND s.valid @> v.service_end) AS follows) n
  LEFT JOIN LATERAL (
      SELECT r.id, r.name, r.state FROM package_unit x JOIN tender_round r ON r.id = x.round
        JOIN package p ON p.round = x.round AND p.number = x.package
       WHERE x.unit = v.unit AND (p.live OR r.state = 'draft')
       ORDER BY p.live DESC, r.id DESC LIMIT 1) t ON true
 WHERE v.served AND v.service_end <= CAST(:as_of AS date) + CAST(:days AS integer) AND v.unit ^@ :prefix
