-- The units of a round as they are on a day: figures, service, stance, and what else holds them.
SELECT x.package, p.name AS package_name, x.unit AS code, x.unit_kind, u.name, u.kind, u.neighbourhood,
       left(x.unit, 9) || '000' AS subdistrict, s.name AS subdistrict_name, u.households, u.residents, u.floor_area, u.fee,
       u.collection_rate, u.built_year, u.building_count, u.willing, u.anchor, u.vote,
       v.served, v.mode, v.firm, v.service_end, n.next_start, t.id AS taken_by, t.name AS taken_name,
       ST_X(ST_PointOnSurface(u.geom)) AS lon, ST_Y(ST_PointOnSurface(u.geom)) AS lat, ST_AsBinary(u.geom) AS wkb
  FROM package_unit x
  JOIN package p ON p.round = x.round AND p.number = x.package
  JOIN tender_round r ON r.id = x.round
  LEFT JOIN unit_at(coalesce(CAST(:day AS date), r.as_of)) u ON u.code = x.unit
  LEFT JOIN region_at(coalesce(CAST(:day AS date), r.as_of)) s ON s.code = left(x.unit, 9) || '000'
  LEFT JOIN service_at(coalesce(CAST(:day AS date), r.as_of)) v ON v.unit = x.unit
  LEFT JOIN LATERAL (
      SELECT min(lower(f.valid)) AS next_start FROM service_period f
       WHERE f.unit = x.unit AND upper_inf(f.recorded) AND f.mode <> 'none'
         AND lower(f.valid) > coalesce(CAST(:day AS date), r.as_of)) n ON true
  LEFT JOIN LATERAL (
      SELECT o.id, o.name FROM unit_service us JOIN tender_round o ON o.id = us.round
       WHERE us.live AND us.unit_kind = x.unit_kind AND us.unit = x.unit AND us.round <> x.round LIMIT 1) t ON true
 WHERE x.round = :round
 ORDER BY x.package, x.unit
