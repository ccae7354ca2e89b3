-- Rounds of the area with what an inbox asks about them: packages by state, and which steps wait.
SELECT r.id, r.name, r.state, r.author, r.submitted_by, r.proposed_by, r.bids_until, r.remark, r.changed_at,
       r.proposal IS NOT NULL AS proposed,
       count(p.number) FILTER (WHERE p.state = 'awarded') AS to_contract,
       count(p.number) FILTER (WHERE p.state = 'failed' AND p.relet_in IS NULL) AS failed,
       (SELECT count(*) FROM bid b WHERE b.round = r.id) AS bids,
       (SELECT max(c.starts) FROM contract c WHERE c.round = r.id) AS last_start,
       (SELECT max(c.ends) FROM contract c WHERE c.round = r.id AND c.kind = 'trial'
           AND NOT EXISTS (SELECT 1 FROM contract n WHERE n.follows = c.id)) AS trial_until,
       ARRAY(SELECT DISTINCT c.actor FROM round_change c WHERE c.round = r.id AND c.kind <> 'step') AS workers
  FROM tender_round r LEFT JOIN package p ON p.round = r.id
 GROUP BY r.id
 ORDER BY r.id
