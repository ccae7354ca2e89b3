-- One round as it is shown. `service`: whether a contracted package is served on the business date.
SELECT json_build_object(
    'id', r.id, 'area', r.area, 'name', r.name, 'state', r.state, 'version', r.version, 'as_of', r.as_of, 'rules', r.rules,
    'terms', r.terms, 'outcome', r.outcome, 'author', r.author, 'created_at', r.created_at, 'changed_at', r.changed_at,
    'changed_by', r.changed_by, 'remark', r.remark, 'submitted_by', r.submitted_by, 'published_by', r.published_by,
    'published_on', r.published_on, 'bids_until', r.bids_until, 'opened_on', r.opened_on, 'awarded_by', r.awarded_by,
    'awarded_on', r.awarded_on, 'relet_of', r.relet_of,
    'proposal', CASE WHEN r.proposal IS NOT NULL THEN json_build_object(
        'hash', r.proposal ->> 'hash', 'proposed_by', r.proposed_by, 'at', r.proposed_at) END,
    'packages', (SELECT coalesce(json_agg(json_build_object(
            'number', p.number, 'id', 'P' || lpad(p.number::text, 2, '0'), 'name', p.name, 'hub', p.hub,
            'members', coalesce(m.members, '[]'), 'units', coalesce(m.units, '[]'), 'households', m.households,
            'floor_area', m.floor_area, 'residents', m.residents, 'lots', l.lots, 'state', p.state,
            'ceiling_fen', p.ceiling_fen, 'firm', p.firm, 'firm_name', f.name, 'price_fen', p.price_fen,
            'points', p.points::text, 'failure', p.failure, 'relet_in', p.relet_in,
            'contracts', coalesce(c.contracts, '[]'),
            'service', CASE WHEN c.ends IS NULL THEN NULL WHEN c.served THEN 'served'
                            WHEN c.ends <= CAST(:today AS date) THEN 'ended' ELSE 'waiting' END) ORDER BY p.number), '[]')
        FROM package p
        LEFT JOIN LATERAL (SELECT name FROM firm WHERE code = p.firm AND upper_inf(recorded)
                            ORDER BY lower(valid) DESC NULLS LAST LIMIT 1) f ON true
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
        LEFT JOIN LATERAL (
            SELECT max(k.ends) AS ends, bool_or(daterange(k.starts, k.ends) @> CAST(:today AS date)) AS served,
                   json_agg(json_build_object('id', k.id, 'kind', k.kind, 'firm', k.firm, 'start', k.starts, 'end', k.ends,
                        'price_fen', k.price_fen, 'signed_by', k.signed_by, 'signed_at', k.signed_at, 'follows', k.follows,
                        'converted', EXISTS (SELECT 1 FROM contract n WHERE n.follows = k.id)) ORDER BY k.starts) AS contracts
              FROM contract k WHERE k.round = p.round AND k.package = p.number) c ON true
       WHERE p.round = r.id))
  FROM tender_round r WHERE r.id = :round
