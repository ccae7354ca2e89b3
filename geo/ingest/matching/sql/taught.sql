-- Other names that an import taught as a correction: by community, the versions known today that have one of them.
-- `untouched`: nobody changed the community since.
WITH lesson AS (
    SELECT id, area FROM change_set WHERE kind = 'correction' AND subject = :subject AND undone_by IS NULL ORDER BY id LIMIT 1
), taught AS (
    SELECT fresh.code, array_agg(DISTINCT one.name) AS names, bool_and(upper_inf(fresh.recorded)) AS untouched
      FROM lesson JOIN community fresh ON fresh.opened_by = lesson.id
      JOIN community before ON before.closed_by = lesson.id AND before.code = fresh.code AND before.valid = fresh.valid
     CROSS JOIN LATERAL (SELECT unnest(fresh.aliases) EXCEPT SELECT unnest(before.aliases)) AS one (name)
     GROUP BY fresh.code
)
SELECT lesson.id AS change_set, lesson.area, taught.code, taught.names, taught.untouched, array_agg(c.id) AS ids
  FROM lesson CROSS JOIN taught
  JOIN community c ON c.code = taught.code AND upper_inf(c.recorded) AND c.aliases && taught.names
 GROUP BY 1, 2, 3, 4, 5
 ORDER BY taught.code
