-- Matchings that the asker may see, open ones first, newest first, with how far they are.
SELECT m.id, m.state, m.kind, m.source, m.actor, m.created_at, m.changed_at, m.change_set, m.one_each, m.areas, m.request -> 'used' AS limits,
       n.certain, n.doubtful, n.none, n.double, n.settled
  FROM matching m
  CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE decision IS NULL AND class = 'certain') AS certain,
              count(*) FILTER (WHERE decision IS NULL AND class = 'doubtful') AS doubtful,
              count(*) FILTER (WHERE decision IS NULL AND class = 'none') AS none,
              count(*) FILTER (WHERE decision IS NULL AND class = 'double') AS double,
              count(*) FILTER (WHERE decision IS NOT NULL) AS settled
         FROM matching_row r WHERE r.matching = m.id) n
 WHERE m.state <> 'dropped' AND (CAST(:id AS bigint) IS NULL OR m.id = :id)
 ORDER BY m.state = 'open' DESC, m.id DESC LIMIT 50
