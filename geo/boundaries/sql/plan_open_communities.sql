-- A new community. What those it comes from agree on goes on; counts are those of the buildings inside, unknown where
-- one of them is.
INSERT INTO community (code, name, kind, neighbourhood, address, built_year, no_managing_unit, no_property_service,
                       no_security, fee, collection_rate, building_count, households, residents, floor_area, geom, valid,
                       opened_by)
SELECT :code, :name, nullif(:kind, ''), :parent, old.address, old.built_year, old.no_managing_unit,
       old.no_property_service, old.no_security, old.fee, old.collection_rate, home.buildings, home.households,
       home.residents, home.floor_area, here.geom, daterange(CAST(:valid_from AS date), NULL), :by
  FROM (SELECT CAST(:geom AS geometry(MultiPolygon, 4490)) AS geom) here,
       LATERAL (SELECT CASE WHEN count(DISTINCT c.address) = 1 AND count(c.address) = count(*) THEN min(c.address) END AS address,
               CASE WHEN min(c.built_year) = max(c.built_year) AND count(c.built_year) = count(*) THEN min(c.built_year) END AS built_year,
               CASE WHEN bool_and(c.no_managing_unit) = bool_or(c.no_managing_unit) AND count(c.no_managing_unit) = count(*)
                    THEN bool_and(c.no_managing_unit) END AS no_managing_unit,
               CASE WHEN bool_and(c.no_property_service) = bool_or(c.no_property_service)
                     AND count(c.no_property_service) = count(*) THEN bool_and(c.no_property_service) END AS no_property_service,
               CASE WHEN bool_and(c.no_security) = bool_or(c.no_security) AND count(c.no_security) = count(*)
                    THEN bool_and(c.no_security) END AS no_security,
               CASE WHEN min(c.fee) = max(c.fee) AND count(c.fee) = count(*) THEN min(c.fee) END AS fee,
               CASE WHEN min(c.collection_rate) = max(c.collection_rate) AND count(c.collection_rate) = count(*)
                    THEN min(c.collection_rate) END AS collection_rate
          FROM community c
         WHERE c.code = ANY (CAST(:came_from AS text[])) AND upper_inf(c.recorded) AND upper_inf(c.valid)) old,
       LATERAL (SELECT nullif(count(*), 0) AS buildings,
               CASE WHEN count(b.households) = count(*) THEN sum(b.households) END AS households,
               CASE WHEN count(b.residents) = count(*) THEN sum(b.residents) END AS residents,
               CASE WHEN count(b.floor_area) = count(*) THEN sum(b.floor_area) END AS floor_area
          FROM building b
         WHERE upper_inf(b.recorded) AND upper_inf(b.valid) AND b.geom && here.geom
           AND ST_Intersects(here.geom, ST_PointOnSurface(b.geom))) home
