-- What decides whether and how a unit is let: its owners' will and vote, whether it may carry weak neighbours (大带小),
-- the district's thresholds of modes, and packages split by service.

-- NULL is unknown; an anchor that is NULL follows the rule of the proposal.
ALTER TABLE community
    ADD COLUMN willing boolean,
    ADD COLUMN anchor  boolean,
    ADD COLUMN vote    text CONSTRAINT ck_community_vote CHECK (vote IN ('passed', 'failed'));
ALTER TABLE building_group
    ADD COLUMN willing boolean,
    ADD COLUMN anchor  boolean,
    ADD COLUMN vote    text CONSTRAINT ck_building_group_vote CHECK (vote IN ('passed', 'failed'));

DROP FUNCTION unit_at(date, timestamptz);
CREATE FUNCTION unit_at(d date, k timestamptz DEFAULT 'infinity')
RETURNS TABLE (unit_kind text, code text, name text, neighbourhood text, kind text, households integer,
               residents integer, floor_area double precision, three_no boolean, fee double precision,
               collection_rate double precision, geom geometry, built_year integer, building_count integer,
               willing boolean, anchor boolean, vote text) LANGUAGE sql STABLE AS $$
    SELECT 'community', c.code, c.name, c.neighbourhood::text, c.kind, c.households, c.residents, c.floor_area,
           is_three_no(coalesce(s.three_no, 'all_flags'), c.kind, c.no_managing_unit, c.no_property_service, c.no_security),
           c.fee, c.collection_rate, c.geom, c.built_year, c.building_count, c.willing, c.anchor, c.vote
      FROM community_at(d, k) c LEFT JOIN area_setting s ON s.area = left(c.code, 6)
    UNION ALL
    SELECT 'building_group', b.code, b.name, b.neighbourhood::text, NULL, b.households, b.residents, b.floor_area,
           NULL, NULL, NULL, b.geom, NULL, b.building_count, b.willing, b.anchor, b.vote
      FROM building_group_at(d, k) b WHERE b.community IS NULL
$$;
GRANT EXECUTE ON FUNCTION unit_at(date, timestamptz) TO wangge_app;

ALTER TABLE area_setting ADD COLUMN modes jsonb NOT NULL DEFAULT '{}';

-- Figures of a job that runs: what its progress bar says beside the share.
ALTER TABLE job ADD COLUMN figures jsonb;

-- ---------------------------------------------------------------- packages let by service (按服务分标)

-- A round binds from the moment it is no draft any more.
ALTER TABLE tender_round ADD COLUMN live boolean GENERATED ALWAYS AS (state <> 'draft') STORED;
ALTER TABLE tender_round ADD CONSTRAINT uq_tender_round_id_live UNIQUE (id, live);

CREATE FUNCTION are_services(words text[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT cardinality(words) > 0 AND words <@ ARRAY['order', 'cleaning', 'green', 'convenience'] $$;

CREATE TABLE service_lot (
    round    bigint NOT NULL,
    package  integer NOT NULL,
    number   integer NOT NULL CONSTRAINT ck_service_lot_number CHECK (number >= 1),
    name     text NOT NULL,
    services text[] NOT NULL CONSTRAINT ck_service_lot_services CHECK (are_services(services)),
    CONSTRAINT pk_service_lot PRIMARY KEY (round, package, number),
    CONSTRAINT fk_service_lot_package FOREIGN KEY (round, package) REFERENCES package (round, number) ON DELETE CASCADE
);

-- The primary key: a unit's service is in one lot of a round. The index: and in one lot of all live rounds.
CREATE TABLE unit_service (
    round     bigint NOT NULL,
    unit_kind text NOT NULL,
    unit      text NOT NULL,
    service   text NOT NULL,
    package   integer NOT NULL,
    lot       integer NOT NULL,
    live      boolean NOT NULL,
    CONSTRAINT pk_unit_service PRIMARY KEY (round, unit_kind, unit, service),
    CONSTRAINT fk_unit_service_service_lot FOREIGN KEY (round, package, lot)
               REFERENCES service_lot (round, package, number) ON DELETE CASCADE,
    CONSTRAINT fk_unit_service_package_unit FOREIGN KEY (round, unit_kind, unit)
               REFERENCES package_unit (round, unit_kind, unit) ON DELETE CASCADE,
    -- Follows the round by itself: a round that becomes live while another holds the same service is refused.
    CONSTRAINT fk_unit_service_tender_round FOREIGN KEY (round, live)
               REFERENCES tender_round (id, live) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_unit_service_live ON unit_service (unit_kind, unit, service) WHERE live;
CREATE INDEX ix_unit_service_lot ON unit_service (round, package, lot);

INSERT INTO service_lot (round, package, number, name, services)
SELECT round, number, 1, name, ARRAY['order', 'cleaning', 'green', 'convenience'] FROM package;
INSERT INTO unit_service (round, unit_kind, unit, service, package, lot, live)
SELECT u.round, u.unit_kind, u.unit, s.service, u.package, 1, r.live
  FROM package_unit u JOIN tender_round r ON r.id = u.round,
       unnest(ARRAY['order', 'cleaning', 'green', 'convenience']) AS s (service);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['service_lot', 'unit_service']
    LOOP
        EXECUTE format('CREATE TRIGGER refuse_unattributed BEFORE INSERT OR UPDATE OR DELETE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_unattributed()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY area ON %I USING (round IN (SELECT id FROM tender_round))
            WITH CHECK (round IN (SELECT id FROM tender_round))', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON service_lot, unit_service TO wangge_app;
