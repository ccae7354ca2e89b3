SELECT coalesce(json_agg(json_build_object(
           'package', b.package, 'package_name', p.name, 'firm', b.firm, 'firm_name', f.name, 'grade', f.grade,
           'price_fen', b.price_fen, 'score', trim_scale(b.score)::text, 'received_at', b.received_at, 'number', b.number)
           ORDER BY b.number), '[]')
  FROM bid b
  JOIN package p ON p.round = b.round AND p.number = b.package
  LEFT JOIN LATERAL (SELECT name, grade FROM firm WHERE code = b.firm AND upper_inf(recorded)
                      ORDER BY lower(valid) DESC NULLS LAST LIMIT 1) f ON true
 WHERE b.round = :round
