-- Firms as bidders on a day: credit, limits, and what they serve by the end of its contract. Only what lies in the
-- scope is counted; units whose households are unknown are counted beside.
WITH served AS (
    SELECT v.firm, v.service_end, count(*) AS units, coalesce(sum(u.households), 0) AS households,
           count(*) FILTER (WHERE u.households IS NULL) AS unknown
      FROM service_at(CAST(:as_of AS date)) v JOIN unit_at(CAST(:as_of AS date)) u ON u.code = v.unit
     WHERE v.served AND v.firm IS NOT NULL GROUP BY v.firm, v.service_end
), portfolio AS (
    SELECT firm, sum(households)::integer AS households, sum(units)::integer AS units, sum(unknown)::integer AS unknown,
           json_agg(json_build_object('end', service_end, 'units', units, 'households', households)
                    ORDER BY service_end NULLS LAST) AS ends
      FROM served GROUP BY firm
)
SELECT f.id AS version, f.code, f.name, f.grade, f.graded_on, f.barred_until, f.capacity, f.region::text AS region,
       coalesce(f.related, '{}') AS related, coalesce(p.households, 0) AS serving, coalesce(p.units, 0) AS units,
       coalesce(p.unknown, 0) AS unknown, coalesce(p.ends, '[]') AS ends
  FROM firm_at(CAST(:as_of AS date)) f
  LEFT JOIN portfolio p ON p.firm = f.code
 WHERE CAST(:code AS text) IS NULL OR f.code = :code
 ORDER BY f.code
