-- Service units as GeoJSON text: `which` = unserved (points), pool (shapes) or rebounds (points).
WITH unit AS (
    SELECT u.*, v.served, v.mode, v.firm, v.service_end, was.first_served, was.last_served
      FROM unit_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) u
      LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = u.code
      LEFT JOIN LATERAL (
           SELECT min(lower(p.valid)) AS first_served, max(least(upper(p.valid), CAST(:as_of AS date))) AS last_served
             FROM service_period p
            WHERE p.unit = u.code AND p.mode <> 'none' AND p.recorded @> CAST(:known_at AS timestamptz)
              AND coalesce(lower(p.valid), '-infinity'::date) < CAST(:as_of AS date)) was ON true
     WHERE u.code ^@ :prefix AND (:standalone OR u.unit_kind = 'community')
), chosen AS (
    SELECT unit.*,
           CASE WHEN :which <> 'pool' THEN NULL
                WHEN served IS FALSE THEN 'unserved' ELSE 'ending' END AS reason
      FROM unit
     WHERE CASE :which
           WHEN 'unserved' THEN served IS FALSE
           WHEN 'rebounds' THEN served IS FALSE AND last_served IS NOT NULL
           ELSE ((three_no OR unit_kind = 'building_group') AND served IS FALSE)
             OR service_end <= CAST(:as_of AS date) + CAST(:ending_days AS integer) END
)
SELECT coalesce('[' || string_agg(json_build_object(
           'type', 'Feature', 'id', code,
           'geometry', ST_AsGeoJSON(CASE WHEN :which = 'pool' THEN geom ELSE ST_PointOnSurface(geom) END, 8, 0)::json,
           'properties', json_build_object(
               'code', code, 'unit_kind', unit_kind, 'name', name, 'neighbourhood', neighbourhood, 'kind', kind,
               'households', households, 'floor_area', floor_area, 'fee', fee,
               'willing', willing, 'anchor', anchor, 'vote', vote, 'three_no', three_no, 'served', served,
               'mode', mode, 'firm', firm, 'service_end', service_end, 'reason', reason,
               'unserved_since', CASE WHEN served IS FALSE THEN last_served END))::text, ',' ORDER BY code) || ']', '[]'),
       count(*)
  FROM chosen
