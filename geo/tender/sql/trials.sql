-- Trials (先尝后买) and what became of them by a day.
SELECT coalesce(json_agg(json_build_object(
           'round', c.round, 'round_name', r.name, 'package', c.package, 'package_name', p.name, 'firm', c.firm,
           'firm_name', f.name, 'start', c.starts, 'end', c.ends, 'days_left', c.ends - CAST(:as_of AS date),
           'households', m.households, 'units', m.units, 'converted_on', n.starts, 'converted_until', n.ends,
           'state', CASE WHEN n.id IS NOT NULL THEN 'converted'
                         WHEN c.ends <= CAST(:as_of AS date) THEN 'lapsed'
                         WHEN c.ends <= CAST(:as_of AS date) + CAST(:days AS integer) THEN 'due'
                         ELSE 'running' END) ORDER BY c.ends, c.id), '[]')
  FROM contract c
  JOIN tender_round r ON r.id = c.round
  JOIN package p ON p.round = c.round AND p.number = c.package
  LEFT JOIN contract n ON n.follows = c.id
  LEFT JOIN firm_at(CAST(:as_of AS date)) f ON f.code = c.firm
  LEFT JOIN LATERAL (
      SELECT sum(u.households) AS households, count(*) AS units FROM package_unit x
        LEFT JOIN unit_at(CAST(:as_of AS date)) u ON u.code = x.unit
       WHERE x.round = c.round AND x.package = c.package) m ON true
 WHERE c.kind = 'trial' AND region_prefix(r.area) ^@ :prefix
