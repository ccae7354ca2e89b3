SELECT coalesce(json_agg(json_build_object('version', c.version, 'from', c.what ->> 'from', 'to', c.what ->> 'to', 'actor', c.actor,
                                           'at', c.at, 'day', c.what ->> 'day', 'remark', c.what ->> 'remark',
                                           'detail', c.what - ARRAY['from', 'to', 'day', 'remark'])
                         ORDER BY c.version), '[]')
  FROM round_change c
 WHERE c.round = :round AND (c.kind = 'step' OR c.version = 1 OR c.what ? 'bids' OR c.what ? 'proposed'
        OR c.what ? 'withdrawn' OR c.what ? 'relet')
