-- Coverage by region: each unit counts for the region whose code its recorded neighbourhood begins with.
WITH unit AS (
    SELECT u.neighbourhood, v.served,
           CASE :basis WHEN 'count' THEN 1 WHEN 'households' THEN u.households ELSE u.floor_area END AS measure
      FROM unit_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) u
      LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = u.code
     WHERE u.code ^@ :prefix AND (:standalone OR u.unit_kind = 'community')
), place AS MATERIALIZED ( -- else the prefix is worked out again for every unit
    SELECT r.code::text, r.name, region_prefix(r.code) AS prefix
      FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) r
     WHERE r.level = :level AND (region_prefix(r.code) ^@ :prefix OR :prefix ^@ region_prefix(r.code))
), row AS (
    SELECT p.code, p.name,
           coalesce(sum(u.measure) FILTER (WHERE u.served), 0) AS numerator,
           coalesce(sum(u.measure) FILTER (WHERE u.served IS NOT NULL), 0) AS denominator,
           count(*) FILTER (WHERE u.neighbourhood IS NOT NULL AND (u.served IS NULL OR u.measure IS NULL)) AS unknown
      FROM place p LEFT JOIN unit u ON u.neighbourhood ^@ p.prefix
     GROUP BY p.code, p.name
), total AS (
    SELECT coalesce(sum(measure) FILTER (WHERE served), 0) AS numerator,
           coalesce(sum(measure) FILTER (WHERE served IS NOT NULL), 0) AS denominator,
           count(*) FILTER (WHERE served IS NULL OR measure IS NULL) AS unknown
      FROM unit
)
SELECT code, name, numerator, denominator, unknown, false AS is_total FROM row
UNION ALL
SELECT NULL, NULL, numerator, denominator, unknown, true FROM total
 ORDER BY is_total, code
