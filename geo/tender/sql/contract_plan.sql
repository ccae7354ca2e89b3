-- From when to when a contract serves each unit of a package: never over a service that another contract gives.
-- `begins`: the contract's first day, or the day on which the running service ends; `stops`: its end, or the day on which
-- the next known service begins; `none_ids`: periods of no service that it puts an end to.
SELECT x.unit_kind, x.unit,
       greatest(CAST(:starts AS date), running.ends) AS begins,
       least(CAST(:ends AS date), coming.starts) AS stops,
       running.firm AS running_firm, running.is_open AS running_is_open, coming.firm AS coming_firm,
       (SELECT coalesce(array_agg(n.id), '{}') FROM service_period n
         WHERE n.unit = x.unit AND upper_inf(n.recorded) AND n.mode = 'none'
           AND n.valid && daterange(greatest(CAST(:starts AS date), running.ends),
                                    greatest(greatest(CAST(:starts AS date), running.ends),
                                             least(CAST(:ends AS date), coming.starts)))) AS none_ids
  FROM package_unit x
  LEFT JOIN LATERAL (
      SELECT max(upper(s.valid)) AS ends, bool_or(upper_inf(s.valid)) AS is_open, max(s.firm) AS firm FROM service_period s
       WHERE s.unit = x.unit AND upper_inf(s.recorded) AND s.mode <> 'none' AND s.valid @> CAST(:starts AS date)) running ON true
  LEFT JOIN LATERAL (
      SELECT lower(s.valid) AS starts, s.firm FROM service_period s
       WHERE s.unit = x.unit AND upper_inf(s.recorded) AND s.mode <> 'none' AND lower(s.valid) > CAST(:starts AS date)
         AND lower(s.valid) >= coalesce(running.ends, CAST(:starts AS date))
       ORDER BY lower(s.valid) LIMIT 1) coming ON true
 WHERE x.round = :round AND x.package = :package
 ORDER BY x.unit
