SELECT c.code, c.geom, CAST(NULL AS text) AS level,
       json_build_object(
           'code', c.code, 'name', c.name, 'aliases', c.aliases, 'neighbourhood', c.neighbourhood,
           'address', c.address, 'kind', c.kind, 'built_year', c.built_year, 'building_count', c.building_count,
           'households', c.households, 'residents', c.residents, 'floor_area', c.floor_area,
           'no_managing_unit', c.no_managing_unit, 'no_property_service', c.no_property_service,
           'no_security', c.no_security,
           'three_no', is_three_no(coalesce(s.three_no, 'all_flags'), c.kind, c.no_managing_unit,
                                   c.no_property_service, c.no_security),
           'fee', c.fee, 'collection_rate', c.collection_rate, 'willing', c.willing, 'anchor', c.anchor, 'vote', c.vote,
           'mode', v.mode, 'served', v.served,
           'firm', v.firm, 'firm_name', f.name, 'service_end', v.service_end,
           'area_m2', round(c.area_m2::numeric, 1), 'demo', coalesce(s.made_up, false)) AS properties
  FROM community_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) c
  LEFT JOIN area_setting s ON s.area = left(c.code, 6)
  LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v ON v.unit = c.code
  LEFT JOIN firm_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) f ON f.code = v.firm
