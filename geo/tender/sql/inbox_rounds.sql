-- Rounds of the area with what an inbox asks about them: packages by state, which steps wait, whose firms are in it.
-- `taken`: units of a draft that another live round holds; `withdrawn_by`: who took the last proposed award back, unless
-- bids were written down since; `firms`: who has a bid in an open round; `winners`: who waits for a contract.
SELECT r.id, r.area, r.name, r.state, r.author, r.submitted_by, r.proposed_by, r.bids_until, r.remark, r.changed_at, r.stepped_on,
       r.proposal IS NOT NULL AS proposed,
       count(p.number) FILTER (WHERE p.state = 'awarded') AS to_contract,
       count(p.number) FILTER (WHERE p.state = 'failed' AND p.relet_in IS NULL) AS failed,
       count(p.number) FILTER (WHERE p.relet_in IS NULL) AS relettable,
       coalesce(array_agg(DISTINCT p.firm) FILTER (WHERE p.state = 'awarded'), '{}') AS winners,
       ARRAY(SELECT DISTINCT b.firm FROM bid b WHERE b.round = r.id AND r.state = 'opened') AS firms,
       (SELECT max(c.starts) FROM contract c WHERE c.round = r.id) AS last_start,
       (SELECT max(c.ends) FROM contract c WHERE c.round = r.id AND c.kind = 'trial'
           AND NOT EXISTS (SELECT 1 FROM contract n WHERE n.follows = c.id)) AS trial_until,
       CASE WHEN r.state = 'draft' THEN (
           SELECT count(DISTINCT x.unit) FROM package_unit x
             JOIN unit_service s ON s.live AND s.unit_kind = x.unit_kind AND s.unit = x.unit AND s.round <> x.round
            WHERE x.round = r.id) ELSE 0 END AS taken,
       (SELECT CASE WHEN c.what ? 'withdrawn' THEN c.actor END FROM round_change c
         WHERE c.round = r.id AND r.state = 'opened' ORDER BY c.version DESC LIMIT 1) AS withdrawn_by,
       ARRAY(SELECT DISTINCT c.actor FROM round_change c
              WHERE c.round = r.id AND c.what ->> 'to' = 'submitted') AS submitters,
       ARRAY(SELECT DISTINCT c.actor FROM round_change c
              WHERE c.round = r.id AND c.kind <> 'step' AND NOT c.what ? 'withdrawn') AS workers
  FROM tender_round r LEFT JOIN package p ON p.round = r.id
 GROUP BY r.id
 ORDER BY r.id
