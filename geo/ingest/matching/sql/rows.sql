-- Rows of one matching, doubtful ones first, with what was decided and by whom.
SELECT number, class, version, name, original, place, candidates, reason, may_be_new, decision, code, decided_by, decided_at
  FROM matching_row
 WHERE matching = :matching AND (CAST(:class AS text) IS NULL OR class = :class) AND number > :after
 ORDER BY number LIMIT :limit
