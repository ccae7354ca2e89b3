-- Firms as bidders on a day: credit, limits, and what they serve. `serving`, `units` and `unknown` (units whose households
-- are unknown) count the whole district, and so do `won`, `won_packages` and `won_unknown`, which it does not serve yet; `here` and `ends`, by the end of the contract, only what lies in the scope.
WITH served AS (
    SELECT v.firm, v.service_end, count(*) AS units, coalesce(sum(u.households), 0) AS households
      FROM service_at(CAST(:as_of AS date)) v JOIN unit_at(CAST(:as_of AS date)) u ON u.code = v.unit
     WHERE v.served AND v.firm IS NOT NULL GROUP BY v.firm, v.service_end
), portfolio AS (
    SELECT firm, sum(households)::integer AS households,
           json_agg(json_build_object('end', service_end, 'units', units, 'households', households)
                    ORDER BY service_end NULLS LAST) AS ends
      FROM served GROUP BY firm
)
SELECT f.id AS version, f.code, f.name, f.grade, f.graded_on, f.barred_until, f.capacity, f.region::text AS region,
       coalesce(f.related, '{}') AS related, coalesce(l.households, 0) AS serving, coalesce(l.units, 0) AS units,
       coalesce(l.unknown, 0) AS unknown, coalesce(w.households, 0) AS won,
       coalesce(w.packages, 0) AS won_packages, coalesce(w.unknown, 0) AS won_unknown, coalesce(p.households, 0) AS here, coalesce(p.ends, '[]') AS ends
  FROM firm_at(CAST(:as_of AS date)) f
  LEFT JOIN firm_load(CAST(:as_of AS date)) l ON l.firm = f.code
  LEFT JOIN firm_won(CAST(:as_of AS date)) w ON w.firm = f.code
  LEFT JOIN portfolio p ON p.firm = f.code
 WHERE CAST(:code AS text) IS NULL OR f.code = :code
 ORDER BY f.code
