-- What holds for every table of the first schema: history, codes, scope, authorship, audit.

-- ---------------------------------------------------------------- one truth per thing, date and moment

DO $$
DECLARE
    history text; kind text; columns text;
BEGIN
    FOR history, kind IN VALUES
        ('region', 'region'), ('grid', 'grid'), ('community', 'community'), ('building_group', 'building_group'),
        ('building', 'building'), ('base_feature', 'base_feature'), ('firm', 'firm'), ('branch', 'branch')
    LOOP
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I EXCLUDE USING gist (code WITH =, valid WITH &&, recorded WITH &&)',
                       history, 'ex_' || history || '_one_truth');
        EXECUTE format('CREATE INDEX %I ON %I (code) WHERE upper_inf(recorded)', 'ix_' || history || '_code', history);
    END LOOP;
END $$;

ALTER TABLE service_period ADD CONSTRAINT ex_service_period_one_truth
    EXCLUDE USING gist (unit WITH =, valid WITH &&, recorded WITH &&);
CREATE INDEX ix_service_period_unit ON service_period (unit) WHERE upper_inf(recorded);

-- ---------------------------------------------------------------- geometry, checked by the database itself

DO $$
DECLARE layer text;
BEGIN
    FOREACH layer IN ARRAY ARRAY['region', 'grid', 'community', 'building_group', 'building', 'base_feature', 'grid_plan_cell']
    LOOP
        -- RFC 7946 orientation; 50,000 vertices is the most one feature may have. ST_IsValid is always quick.
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (geom IS NULL OR (
            NOT ST_IsEmpty(geom) AND ST_NPoints(geom) <= 50000 AND ST_IsPolygonCCW(geom) AND ST_IsValid(geom)))',
            layer, 'ck_' || layer || '_geom');
        EXECUTE format('CREATE INDEX %I ON %I USING gist (geom)', 'ix_' || layer || '_geom', layer);
    END LOOP;
END $$;

-- ---------------------------------------------------------------- codes: registered, never reused

CREATE FUNCTION register_codes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
DECLARE bad text;
BEGIN
    SELECT fresh.code INTO bad FROM fresh
      JOIN code_register taken ON taken.kind = TG_TABLE_NAME AND taken.code = fresh.code
     WHERE taken.retired_on IS NOT NULL AND coalesce(upper(fresh.valid), 'infinity'::date) > taken.retired_on
     LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'code % was retired and is never used again', bad
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'code_never_reused', TABLE = TG_TABLE_NAME, COLUMN = 'code';
    END IF;
    INSERT INTO code_register (kind, code, born_in)
    SELECT TG_TABLE_NAME, fresh.code, min(fresh.opened_by) FROM fresh GROUP BY fresh.code
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

-- Retire codes (a grid that was split or merged). Raises nothing: retiring twice keeps the first date.
CREATE FUNCTION retire_codes(of_kind text, codes text[], on_date date) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
    UPDATE code_register SET retired_on = on_date
     WHERE kind = of_kind AND code = ANY (codes) AND retired_on IS NULL
       AND code ^@ ANY (scope_areas())
$$;

-- Which of these codes were retired, and when: what an import says before the rule above would refuse the whole file.
CREATE FUNCTION retired_codes(of_kind text, codes text[]) RETURNS TABLE (code text, retired_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = wangge, public, pg_temp AS $$
    SELECT taken.code, taken.retired_on FROM code_register taken
     WHERE taken.kind = of_kind AND taken.code = ANY (codes) AND taken.retired_on IS NOT NULL
       AND taken.code ^@ ANY (scope_areas())
$$;

-- Forget codes that an import brought and that nothing else ever used (its undo).
CREATE FUNCTION forget_codes(of_change_set bigint) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
    DELETE FROM code_register USING change_set brought
     WHERE born_in = of_change_set AND brought.id = of_change_set AND brought.kind = 'import'
       AND brought.area ^@ ANY (scope_areas())
$$;

-- The next three-digit numbers after every code ever given under a prefix.
CREATE FUNCTION highest_number(of_kind text, prefix text) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
    SELECT coalesce(max(right(code, 3)::integer), 0) FROM code_register
     WHERE kind = of_kind AND code ^@ prefix AND code ~ '[0-9]{3}$'
$$;

-- ---------------------------------------------------------------- parents exist

CREATE FUNCTION refuse_orphan(bad text, parent text, parent_kind text, child_kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% %: its % % does not exist', child_kind, bad, parent_kind, parent
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'parent_exists', TABLE = child_kind, COLUMN = parent_kind;
END $$;

CREATE FUNCTION check_region_parent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.code, fresh.parent INTO bad FROM fresh
     WHERE fresh.parent IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM region up WHERE up.code = fresh.parent AND upper_inf(up.recorded) AND up.level =
            CASE fresh.level WHEN 'district' THEN 'city' WHEN 'subdistrict' THEN 'district' ELSE 'subdistrict' END)
       -- a district's officer cannot see the city above; only what is in scope can be checked and only that is asked
       AND region_prefix(fresh.parent) ^@ ANY (scope_areas())
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.parent, 'parent', 'region'); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_neighbourhood() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.code, fresh.neighbourhood INTO bad FROM fresh
     WHERE NOT EXISTS (SELECT 1 FROM region up
                        WHERE up.code = fresh.neighbourhood AND up.level = 'neighbourhood' AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.neighbourhood, 'neighbourhood', TG_TABLE_NAME); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_group_community() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.code, fresh.community INTO bad FROM fresh
     WHERE fresh.community IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM community up WHERE up.code = fresh.community AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.community, 'community', TG_TABLE_NAME); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_building_group() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.code, fresh.building_group INTO bad FROM fresh
     WHERE fresh.building_group IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM building_group up WHERE up.code = fresh.building_group AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.building_group, 'building_group', 'building'); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_service_unit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.unit INTO bad FROM fresh
     WHERE NOT EXISTS (SELECT 1 FROM community up WHERE up.code = fresh.unit AND upper_inf(up.recorded))
       AND NOT EXISTS (SELECT 1 FROM building_group up
                        WHERE up.code = fresh.unit AND up.community IS NULL AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.unit IS NOT NULL THEN PERFORM refuse_orphan(bad.unit, bad.unit, 'unit', 'service_period'); END IF;
    SELECT fresh.unit, fresh.firm INTO bad FROM fresh
     WHERE fresh.firm IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM firm up WHERE up.code = fresh.firm AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.unit IS NOT NULL THEN PERFORM refuse_orphan(bad.unit, bad.firm, 'firm', 'service_period'); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_branch_seat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT fresh.code, fresh.grid INTO bad FROM fresh
     WHERE fresh.grid IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM grid up WHERE up.code = fresh.grid AND upper_inf(up.recorded))
     LIMIT 1;
    IF bad.code IS NOT NULL THEN PERFORM refuse_orphan(bad.code, bad.grid, 'grid', 'branch'); END IF;
    RETURN NULL;
END $$;

-- ---------------------------------------------------------------- authorship

CREATE FUNCTION refuse_unattributed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF scope_actor() IS NULL THEN
        RAISE EXCEPTION 'a write to % names no author', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['region', 'grid', 'community', 'building_group', 'building', 'base_feature', 'firm', 'branch']
    LOOP
        EXECUTE format('CREATE TRIGGER register_codes AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh
                        FOR EACH STATEMENT EXECUTE FUNCTION register_codes()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['grid', 'community', 'building_group']
    LOOP
        EXECUTE format('CREATE TRIGGER check_neighbourhood AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh
                        FOR EACH STATEMENT EXECUTE FUNCTION check_neighbourhood()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['building_group', 'building', 'branch']
    LOOP
        EXECUTE format('CREATE TRIGGER check_community AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh
                        FOR EACH STATEMENT EXECUTE FUNCTION check_group_community()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['change_set', 'region', 'grid', 'community', 'building_group', 'building', 'base_feature',
        'firm', 'service_period', 'branch', 'area_setting', 'grid_plan', 'grid_plan_cell', 'tender_round', 'package',
        'package_unit', 'person', 'person_role', 'person_area', 'job']
    LOOP
        EXECUTE format('CREATE TRIGGER refuse_unattributed BEFORE INSERT OR UPDATE OR DELETE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_unattributed()', name);
    END LOOP;
END $$;

CREATE TRIGGER check_parent AFTER INSERT ON region REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_region_parent();
CREATE TRIGGER check_building_group AFTER INSERT ON building REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_building_group();
CREATE TRIGGER check_unit AFTER INSERT ON service_period REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_service_unit();
CREATE TRIGGER check_seat AFTER INSERT ON branch REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_branch_seat();

-- ---------------------------------------------------------------- three duties of administration (三员) never meet

CREATE FUNCTION separate_duties() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM person_role WHERE person = NEW.person AND role IN ('system', 'security', 'auditor')) > 1 THEN
        RAISE EXCEPTION 'nobody holds two of the duties system, security and auditor'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'separate_duties', TABLE = 'person_role', COLUMN = 'role';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER separate_duties AFTER INSERT OR UPDATE ON person_role
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION separate_duties();

-- ---------------------------------------------------------------- audit: append-only, chained, by month

CREATE FUNCTION audit_hash(previous bytea, at timestamptz, actor text, action text, object text, area text,
                           success boolean, request_id text, source text, detail jsonb) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(coalesce(previous, ''::bytea) || convert_to(
        jsonb_build_array(extract(epoch FROM at), actor, action, object, area, success, request_id, source, detail)::text, 'UTF8'))
$$;

-- Append one row. Time comes from the database clock; the chain is kept by a lock that lasts to the end of the transaction.
CREATE FUNCTION write_audit(action text, object text, area text DEFAULT NULL, success boolean DEFAULT true,
                            detail jsonb DEFAULT '{}', by_actor text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wangge, public, pg_temp AS $$
DECLARE
    who text := coalesce(scope_actor(), by_actor); stamp timestamptz; last bytea;
    request text := nullif(current_setting('wangge.request', true), '');
    origin text := nullif(current_setting('wangge.source', true), '');
BEGIN
    IF who IS NULL THEN
        RAISE EXCEPTION 'an audit row needs an actor' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('wangge.audit'));
    stamp := clock_timestamp();
    PERFORM make_audit_partitions(stamp) WHERE to_regclass('audit_' || to_char(stamp AT TIME ZONE 'UTC', 'YYYY_MM')) IS NULL;
    SELECT hash INTO last FROM audit ORDER BY id DESC LIMIT 1;
    INSERT INTO audit (at, actor, action, object, area, success, request_id, source, detail, previous, hash)
    VALUES (stamp, who, action, object, area, success, request, origin, detail, last,
            audit_hash(last, stamp, who, action, object, area, success, request, origin, detail));
END $$;

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER refuse_rewriting BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER refuse_truncating BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Make the partition of a month and of the one after it. Called at set-up, at every start, and by a row without room.
CREATE FUNCTION make_audit_partitions(around timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wangge, public, pg_temp AS $$
DECLARE first timestamptz; name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('wangge.audit'));
    FOR first IN SELECT date_trunc('month', around, 'UTC') + make_interval(months => n) FROM generate_series(0, 1) n
    LOOP
        name := 'audit_' || to_char(first AT TIME ZONE 'UTC', 'YYYY_MM');
        IF to_regclass('wangge.' || name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF audit FOR VALUES FROM (%L) TO (%L)',
                           name, first, date_trunc('month', first + interval '32 days', 'UTC'));
            EXECUTE format('CREATE TRIGGER refuse_truncating BEFORE TRUNCATE ON %I EXECUTE FUNCTION refuse_rewriting()', name);
        END IF;
    END LOOP;
END $$;
SELECT make_audit_partitions();

-- The first row whose hash does not follow from its content, or nothing.
CREATE FUNCTION verify_audit() RETURNS TABLE (id bigint, at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
    SELECT chain.id, chain.at FROM (
        SELECT a.*, lag(a.hash) OVER (ORDER BY a.id) AS before FROM audit a) chain
     WHERE chain.previous IS DISTINCT FROM chain.before
        OR chain.hash IS DISTINCT FROM audit_hash(chain.previous, chain.at, chain.actor, chain.action, chain.object,
                                                  chain.area, chain.success, chain.request_id, chain.source, chain.detail)
     ORDER BY chain.id LIMIT 1
$$;

CREATE FUNCTION audit_change_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_audit(NEW.kind, NEW.subject, NEW.area, true,
                        jsonb_strip_nulls(jsonb_build_object('change_set', NEW.id, 'source', NEW.source,
                                                             'sha256', NEW.source_sha256, 'reason', NEW.reason)));
    RETURN NULL;
END $$;
-- At commit: an import would else hold the chain's lock to its end, and nobody could sign in meanwhile.
CREATE CONSTRAINT TRIGGER audit_change_set AFTER INSERT ON change_set DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_change_set();

CREATE FUNCTION audit_people() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE subject record := coalesce(NEW, OLD);
BEGIN
    PERFORM write_audit(TG_TABLE_NAME || '.' || lower(TG_OP),
        CASE TG_TABLE_NAME WHEN 'person' THEN to_jsonb(subject) ->> 'username'
                           ELSE 'person ' || (to_jsonb(subject) ->> 'person') END,
        NULL, true, to_jsonb(subject) - 'password_hash');
    RETURN NULL;
END $$;
CREATE TRIGGER audit_role AFTER INSERT OR DELETE ON person_role FOR EACH ROW EXECUTE FUNCTION audit_people();
CREATE TRIGGER audit_area AFTER INSERT OR DELETE ON person_area FOR EACH ROW EXECUTE FUNCTION audit_people();
CREATE TRIGGER audit_person_new AFTER INSERT OR DELETE ON person FOR EACH ROW EXECUTE FUNCTION audit_people();
CREATE TRIGGER audit_person AFTER UPDATE ON person FOR EACH ROW
    WHEN (NEW.disabled IS DISTINCT FROM OLD.disabled OR NEW.locked_at IS DISTINCT FROM OLD.locked_at
          OR NEW.password_hash IS DISTINCT FROM OLD.password_hash)
    EXECUTE FUNCTION audit_people();

CREATE FUNCTION audit_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_audit(TG_TABLE_NAME || '.' || NEW.state, TG_TABLE_NAME || ' ' || NEW.id, NEW.area);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_state AFTER INSERT OR UPDATE OF state ON grid_plan FOR EACH ROW EXECUTE FUNCTION audit_state();
CREATE TRIGGER audit_state AFTER INSERT OR UPDATE OF state ON tender_round FOR EACH ROW EXECUTE FUNCTION audit_state();

-- ---------------------------------------------------------------- row-level security

-- The sub-select makes the scope an InitPlan: read once a query, not once a row.
CREATE FUNCTION scope_policy(target text, condition text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY area ON %I USING (%s) WITH CHECK (%s)', target, condition, condition);
END $$;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['grid', 'community', 'building_group', 'building', 'branch']
    LOOP PERFORM scope_policy(name, 'code ^@ ANY ((SELECT scope_areas())::text[])'); END LOOP;
    FOREACH name IN ARRAY ARRAY['grid_plan', 'tender_round']
    LOOP PERFORM scope_policy(name, 'region_prefix(area) ^@ ANY ((SELECT scope_areas())::text[])'); END LOOP;
    FOREACH name IN ARRAY ARRAY['grid_plan_cell', 'grid_plan_step']
    LOOP PERFORM scope_policy(name, 'plan IN (SELECT id FROM grid_plan)'); END LOOP;
    FOREACH name IN ARRAY ARRAY['package', 'package_unit']
    LOOP PERFORM scope_policy(name, 'round IN (SELECT id FROM tender_round)'); END LOOP;
    FOREACH name IN ARRAY ARRAY['person', 'person_role', 'person_area', 'session']
    LOOP PERFORM scope_policy(name, '(SELECT scope_duty()) IN (''auth'', ''security'')'); END LOOP;
    PERFORM scope_policy('job', 'area ^@ ANY ((SELECT scope_areas())::text[])');
    PERFORM scope_policy('region', 'region_prefix(code) ^@ ANY ((SELECT scope_areas())::text[])');
    PERFORM scope_policy('service_period', 'unit ^@ ANY ((SELECT scope_areas())::text[])');
END $$;
DROP FUNCTION scope_policy(text, text);

-- Firms, settings, change sets, roads and rivers may belong to a whole district: everybody inside it may read them (a field's origin is
-- part of the field), only who has all of it may write them.
DO $$
DECLARE name text; mine text;
BEGIN
    FOR name, mine IN VALUES ('firm', 'region_prefix(region)'), ('area_setting', 'area'), ('change_set', 'area'),
        ('base_feature', 'left(code, 6)')
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY inside ON %I FOR SELECT USING (EXISTS (
            SELECT 1 FROM unnest((SELECT scope_areas())::text[]) a WHERE %s ^@ a OR a ^@ %s))', name, mine, mine);
        EXECUTE format('CREATE POLICY whole ON %I USING (%s ^@ ANY ((SELECT scope_areas())::text[]))
            WITH CHECK (%s ^@ ANY ((SELECT scope_areas())::text[]))', name, mine, mine);
    END LOOP;
END $$;

ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY auditor ON audit FOR SELECT USING ((SELECT scope_duty()) = 'auditor');

-- ---------------------------------------------------------------- what the application may do

GRANT USAGE ON SCHEMA wangge TO wangge_app;
GRANT SELECT, INSERT ON region, grid, community, building_group, building, base_feature, firm, service_period, branch,
    change_set TO wangge_app;
-- History is never rewritten: only the clock of knowledge may be closed.
GRANT UPDATE (recorded, closed_by) ON region, grid, community, building_group, building, base_feature, firm,
    service_period, branch TO wangge_app;
GRANT UPDATE (undone_by) ON change_set TO wangge_app;
GRANT SELECT, INSERT, UPDATE ON area_setting, person, tender_round, grid_plan, job TO wangge_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON grid_plan_cell, grid_plan_step, package, package_unit, person_role, person_area,
    session TO wangge_app;
GRANT DELETE ON grid_plan, tender_round TO wangge_app;
GRANT SELECT ON audit TO wangge_app;
REVOKE EXECUTE ON FUNCTION forget_codes(bigint), retire_codes(text, text[], date), retired_codes(text, text[]),
    make_audit_partitions(timestamptz), verify_audit() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_codes(bigint), retire_codes(text, text[], date), retired_codes(text, text[]),
    make_audit_partitions(timestamptz), verify_audit() TO wangge_app;
