SELECT coalesce(json_agg(json_build_object(
           'id', r.id, 'area', r.area, 'name', r.name, 'state', r.state, 'version', r.version, 'as_of', r.as_of,
           'author', r.author, 'changed_at', r.changed_at, 'changed_by', r.changed_by,
           'packages', (SELECT count(*) FROM package p WHERE p.round = r.id),
           'units', (SELECT count(*) FROM package_unit u WHERE u.round = r.id)) ORDER BY r.id DESC), '[]')
  FROM tender_round r
