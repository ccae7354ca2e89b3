SELECT b.code, b.geom, CAST(NULL AS text) AS level,
       json_build_object(
           'code', b.code, 'name', b.name, 'community', b.community, 'stand_alone', b.community IS NULL,
           'neighbourhood', b.neighbourhood, 'address', b.address, 'building_count', b.building_count,
           'households', b.households, 'residents', b.residents, 'floor_area', b.floor_area,
           'willing', b.willing, 'anchor', b.anchor, 'vote', b.vote,
           'mode', v.mode, 'served', v.served, 'firm', v.firm, 'firm_name', f.name,
           'service_end', v.service_end, 'area_m2', round(b.area_m2::numeric, 1)) AS properties
  FROM building_group_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) b
  LEFT JOIN service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v
         ON v.unit = coalesce(b.community, b.code)
  LEFT JOIN firm_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) f ON f.code = v.firm
