SELECT coalesce(json_agg(json_build_object(
           'id', r.id, 'area', r.area, 'name', r.name, 'state', r.state, 'version', r.version, 'as_of', r.as_of,
           'author', r.author, 'changed_at', r.changed_at, 'changed_by', r.changed_by, 'bids_until', r.bids_until,
           'relet_of', r.relet_of, 'proposed', r.proposal IS NOT NULL,
           'packages', p.packages, 'failed', p.failed, 'contracted', p.contracted,
           'units', (SELECT count(*) FROM package_unit u WHERE u.round = r.id)) ORDER BY r.id DESC), '[]')
  FROM tender_round r
  LEFT JOIN LATERAL (SELECT count(*) AS packages, count(*) FILTER (WHERE p.state = 'failed') AS failed,
                            count(*) FILTER (WHERE p.state = 'contracted') AS contracted
                       FROM package p WHERE p.round = r.id) p ON true
