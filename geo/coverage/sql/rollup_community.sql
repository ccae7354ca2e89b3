-- Coverage by community: one row per service unit.
WITH unit AS (
    SELECT u.code, u.name, v.served,
           CASE :basis WHEN 'count' THEN 1 WHEN 'households' THEN u.households ELSE u.floor_area END AS measure
      FROM unit_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) u
      LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = u.code
     WHERE u.code ^@ :prefix AND (:standalone OR u.unit_kind = 'community')
), row AS (
    SELECT code, name,
           coalesce(CASE WHEN served THEN measure END, 0) AS numerator,
           coalesce(CASE WHEN served IS NOT NULL THEN measure END, 0) AS denominator,
           (served IS NULL OR measure IS NULL)::integer AS unknown
      FROM unit
)
SELECT code, name, numerator, denominator, unknown, false AS is_total FROM row
UNION ALL
SELECT NULL, NULL, coalesce(sum(numerator), 0), coalesce(sum(denominator), 0), coalesce(sum(unknown), 0), true FROM row
 ORDER BY is_total, code
