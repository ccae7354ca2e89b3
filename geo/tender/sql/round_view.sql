SELECT json_build_object(
    'id', r.id, 'area', r.area, 'name', r.name, 'state', r.state, 'version', r.version, 'as_of', r.as_of, 'rules', r.rules,
    'outcome', r.outcome, 'author', r.author, 'created_at', r.created_at, 'changed_at', r.changed_at,
    'changed_by', r.changed_by,
    'packages', (SELECT coalesce(json_agg(json_build_object(
            'number', p.number, 'id', 'P' || lpad(p.number::text, 2, '0'), 'name', p.name, 'hub', p.hub,
            'members', m.members, 'units', m.units, 'households', m.households, 'floor_area', m.floor_area,
            'residents', m.residents, 'lots', l.lots) ORDER BY p.number), '[]')
        FROM package p
        LEFT JOIN LATERAL (
            SELECT json_agg(x.unit ORDER BY x.unit) AS members, sum(u.households) AS households, sum(u.residents) AS residents,
                   sum(u.floor_area) AS floor_area,
                   json_agg(json_build_object('code', x.unit, 'unit_kind', x.unit_kind, 'name', u.name,
                            'households', u.households, 'floor_area', u.floor_area) ORDER BY x.unit) AS units
              FROM package_unit x LEFT JOIN unit_at(r.as_of) u ON u.code = x.unit
             WHERE x.round = p.round AND x.package = p.number) m ON true
        LEFT JOIN LATERAL (
            SELECT json_agg(json_build_object('name', s.name, 'services', s.services) ORDER BY s.number) AS lots
              FROM service_lot s WHERE s.round = p.round AND s.package = p.number) l ON true
       WHERE p.round = r.id))
  FROM tender_round r WHERE r.id = :round
