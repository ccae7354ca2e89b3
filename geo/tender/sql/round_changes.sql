SELECT json_build_object(
    'version', r.version, 'state', r.state, 'changed_by', r.changed_by, 'changed_at', r.changed_at,
    'changes', (SELECT coalesce(json_agg(json_build_object('version', c.version, 'actor', c.actor, 'at', c.at, 'kind', c.kind,
                                                           'what', c.what) ORDER BY c.version), '[]')
                  FROM round_change c WHERE c.round = r.id AND c.version > :since))
  FROM tender_round r WHERE r.id = :round
