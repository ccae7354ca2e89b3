SELECT c.code, c.name, c.kind, c.households, v.mode, v.served,
       is_three_no(coalesce(s.three_no, 'all_flags'), c.kind, c.no_managing_unit, c.no_property_service,
                   c.no_security) AS three_no, c.geom
  FROM community_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) c
  LEFT JOIN area_setting s ON s.area = left(c.code, 6)
  LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = c.code
