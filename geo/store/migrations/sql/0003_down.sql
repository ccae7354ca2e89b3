DROP TABLE unit_service, service_lot;
DROP FUNCTION are_services(text[]);
ALTER TABLE tender_round DROP CONSTRAINT uq_tender_round_id_live, DROP COLUMN live;
ALTER TABLE job DROP COLUMN figures;
ALTER TABLE area_setting DROP COLUMN modes;
DROP FUNCTION unit_at(date, timestamptz);
CREATE FUNCTION unit_at(d date, k timestamptz DEFAULT 'infinity')
RETURNS TABLE (unit_kind text, code text, name text, neighbourhood text, kind text, households integer,
               residents integer, floor_area double precision, three_no boolean, fee double precision,
               collection_rate double precision, geom geometry) LANGUAGE sql STABLE AS $$
    SELECT 'community', c.code, c.name, c.neighbourhood::text, c.kind, c.households, c.residents, c.floor_area,
           is_three_no(coalesce(s.three_no, 'all_flags'), c.kind, c.no_managing_unit, c.no_property_service, c.no_security),
           c.fee, c.collection_rate, c.geom
      FROM community_at(d, k) c LEFT JOIN area_setting s ON s.area = left(c.code, 6)
    UNION ALL
    SELECT 'building_group', b.code, b.name, b.neighbourhood::text, NULL, b.households, b.residents, b.floor_area,
           NULL, NULL, NULL, b.geom
      FROM building_group_at(d, k) b WHERE b.community IS NULL
$$;
GRANT EXECUTE ON FUNCTION unit_at(date, timestamptz) TO wangge_app;
ALTER TABLE building_group DROP COLUMN willing, DROP COLUMN anchor, DROP COLUMN vote;
ALTER TABLE community DROP COLUMN willing, DROP COLUMN anchor, DROP COLUMN vote;
