-- Rows that somebody decided otherwise than they were loaded, while they were: each says so, and its matching stays open.
WITH used AS (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(number integer, decision text, code text)
)
UPDATE matching_row kept
   SET reason = jsonb_build_object(
           'zh', format('载入（第 %s 号）时决定已改：按改前的决定（%s）载入，新的决定尚未载入',
                        coalesce(CAST(CAST(:change_set AS bigint) AS text), '—'),
                        coalesce(used.code, CASE used.decision WHEN 'none' THEN '都不是' WHEN 'new' THEN '新小区' END, '未定')),
           'en', format('decided anew while import %s ran: it was loaded as before (%s), the new decision is not yet',
                        coalesce(CAST(CAST(:change_set AS bigint) AS text), '—'), coalesce(used.code, used.decision, 'undecided')))
  FROM used
 WHERE kept.matching = :matching AND kept.number = used.number
   AND (kept.decision, kept.code) IS DISTINCT FROM (used.decision, used.code)
RETURNING kept.number
