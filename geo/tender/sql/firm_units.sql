-- What a firm serves on a day.
SELECT coalesce(json_agg(json_build_object('unit', v.unit, 'unit_kind', u.unit_kind, 'name', u.name, 'households', u.households,
           'mode', v.mode, 'end', v.service_end) ORDER BY v.service_end NULLS LAST, v.unit), '[]')
  FROM service_at(CAST(:as_of AS date)) v JOIN unit_at(CAST(:as_of AS date)) u ON u.code = v.unit
 WHERE v.served AND v.firm = :code
