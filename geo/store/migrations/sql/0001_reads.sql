-- What the world looked like on a date (`d`), as far as was known at a moment (`k`). All are inlined by the planner
-- and run under the caller's row-level security.

CREATE FUNCTION region_at(d date, k timestamptz DEFAULT 'infinity') RETURNS SETOF region LANGUAGE sql STABLE AS
$$ SELECT * FROM region WHERE valid @> d AND recorded @> k $$;
CREATE FUNCTION grid_at(d date, k timestamptz DEFAULT 'infinity') RETURNS SETOF grid LANGUAGE sql STABLE AS
$$ SELECT * FROM grid WHERE valid @> d AND recorded @> k $$;
CREATE FUNCTION community_at(d date, k timestamptz DEFAULT 'infinity') RETURNS SETOF community LANGUAGE sql STABLE AS
$$ SELECT * FROM community WHERE valid @> d AND recorded @> k $$;
CREATE FUNCTION building_group_at(d date, k timestamptz DEFAULT 'infinity') RETURNS SETOF building_group LANGUAGE sql STABLE AS
$$ SELECT * FROM building_group WHERE valid @> d AND recorded @> k $$;
CREATE FUNCTION building_at(d date, k timestamptz DEFAULT 'infinity') RETURNS SETOF building LANGUAGE sql STABLE AS
$$ SELECT * FROM building WHERE valid @> d AND recorded @> k $$;
CREATE FUNCTION base_feature_at(d date, k timestamptz DEFAULT 'infinity') RETURNS SETOF base_feature LANGUAGE sql STABLE AS
$$ SELECT * FROM base_feature WHERE valid @> d AND recorded @> k $$;
CREATE FUNCTION firm_at(d date, k timestamptz DEFAULT 'infinity') RETURNS SETOF firm LANGUAGE sql STABLE AS
$$ SELECT * FROM firm WHERE valid @> d AND recorded @> k $$;
CREATE FUNCTION branch_at(d date, k timestamptz DEFAULT 'infinity') RETURNS SETOF branch LANGUAGE sql STABLE AS
$$ SELECT * FROM branch WHERE valid @> d AND recorded @> k $$;

-- Whether a community is three-no (三无小区) by its district's own definition; NULL while a flag it needs is unknown.
CREATE FUNCTION is_three_no(definition text, kind text, managing boolean, property boolean, security boolean)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE definition
        WHEN 'old' THEN kind = 'old'
        WHEN 'any_flag' THEN managing OR property OR security
        ELSE managing AND property AND security END
$$;

-- Every service unit (服务对象): communities and stand-alone buildings (单体楼).
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

-- Service on a date, one row per unit that has any period up to then: `served` is false where every period has
-- ended; a unit with no row here is unknown, not unserved.
CREATE FUNCTION service_at(d date, k timestamptz DEFAULT 'infinity')
RETURNS TABLE (unit text, served boolean, mode text, firm text, service_end date) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (p.unit) p.unit,
           p.valid @> d AND p.mode <> 'none',
           CASE WHEN p.valid @> d THEN p.mode ELSE 'none' END,
           CASE WHEN p.valid @> d THEN p.firm END,
           CASE WHEN p.valid @> d AND p.mode <> 'none' THEN upper(p.valid) END
      FROM service_period p
     WHERE p.recorded @> k AND coalesce(lower(p.valid), '-infinity'::date) <= d
     ORDER BY p.unit, lower(p.valid) DESC NULLS LAST
$$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wangge TO wangge_app;
REVOKE EXECUTE ON FUNCTION forget_codes(bigint), retire_codes(text, text[], date), make_audit_partitions(timestamptz),
    verify_audit() FROM PUBLIC;
