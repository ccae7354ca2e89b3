-- Service units that may be let on a date, with their footprints; `taken`: in a live round already.
SELECT u.unit_kind, u.code, u.name, left(u.neighbourhood, 9) || '000' AS subdistrict, u.households, u.residents, u.floor_area,
       u.fee, u.collection_rate, u.built_year, u.building_count, u.willing, u.anchor, u.vote,
       v.served, v.service_end, ST_AsBinary(u.geom) AS wkb,
       v.service_end <= CAST(:as_of AS date) + CAST(:ending_days AS integer) AS is_ending,
       EXISTS (SELECT 1 FROM unit_service s WHERE s.live AND s.round <> :of_round AND s.unit_kind = u.unit_kind AND s.unit = u.code) AS taken
  FROM unit_at(CAST(:as_of AS date)) u
  LEFT JOIN service_at(CAST(:as_of AS date)) v ON v.unit = u.code
 WHERE u.code ^@ :prefix
   AND ((:standalone AND u.unit_kind = 'building_group' AND v.served IS FALSE)
        OR (u.unit_kind = 'community' AND u.three_no AND v.served IS FALSE)
        OR (:ending AND (:standalone OR u.unit_kind = 'community')
            AND v.service_end <= CAST(:as_of AS date) + CAST(:ending_days AS integer))
        OR u.code = ANY (CAST(:also AS text[])))
 ORDER BY u.code
