-- The first schema. Runs as wangge_owner inside schema wangge; the application is wangge_app, which owns nothing.
-- Two clocks on every fact: `valid` (true in the world) and `recorded` (what we knew when).

CREATE DOMAIN region_code AS text CHECK (VALUE ~ '^[0-9]{12}$');

-- ---------------------------------------------------------------- scope (who is asking, for which area)

-- Region prefixes this transaction may see; NULL (no scope set) matches nothing.
CREATE FUNCTION scope_areas() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('wangge.areas', true), '')::text[] $$;

CREATE FUNCTION scope_actor() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('wangge.actor', true), '') $$;

-- The administrative duty in force: auth (sign-in), security, auditor, or nothing.
CREATE FUNCTION scope_duty() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('wangge.duty', true), '') $$;

-- A region code without its padding: 990101000000 -> 990101, 990101001000 -> 990101001.
CREATE FUNCTION region_prefix(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT CASE
     WHEN right(code, 10) = '0000000000' THEN left(code, 2)
     WHEN right(code, 8) = '00000000' THEN left(code, 4)
     WHEN right(code, 6) = '000000' THEN left(code, 6)
     WHEN right(code, 3) = '000' THEN left(code, 9)
     ELSE code END $$;

-- ---------------------------------------------------------------- change sets and codes

CREATE TABLE change_set (
    id            bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_change_set PRIMARY KEY,
    kind          text NOT NULL CONSTRAINT ck_change_set_kind
                  CHECK (kind IN ('import', 'correction', 'change', 'publish', 'undo')),
    actor         text NOT NULL DEFAULT scope_actor(),
    at            timestamptz NOT NULL DEFAULT now(),
    area          text NOT NULL,
    subject       text NOT NULL,
    source        text,
    source_crs    text,
    source_sha256 text,
    reason        text,
    undone_by     bigint CONSTRAINT fk_change_set_undone_by_change_set REFERENCES change_set (id)
);

-- Every code ever given, per kind: unique, and never given twice.
CREATE TABLE code_register (
    kind       text NOT NULL,
    code       text NOT NULL,
    born_in    bigint NOT NULL CONSTRAINT fk_code_register_born_in_change_set REFERENCES change_set (id),
    retired_on date,
    CONSTRAINT pk_code_register PRIMARY KEY (kind, code)
);

-- ---------------------------------------------------------------- boundaries

CREATE TABLE region (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_region PRIMARY KEY,
    code       region_code NOT NULL,
    level      text NOT NULL CONSTRAINT ck_region_level
               CHECK (level IN ('city', 'district', 'subdistrict', 'neighbourhood')),
    parent     region_code,
    name       text NOT NULL,
    geom       geometry(MultiPolygon, 4490),
    area_m2    double precision GENERATED ALWAYS AS (ST_Area(geom::geography)) STORED,
    valid      daterange NOT NULL,
    recorded   tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by  bigint NOT NULL CONSTRAINT fk_region_opened_by_change_set REFERENCES change_set (id),
    closed_by  bigint CONSTRAINT fk_region_closed_by_change_set REFERENCES change_set (id),
    CONSTRAINT ck_region_prefix CHECK (parent IS NULL OR starts_with(code, region_prefix(parent))),
    CONSTRAINT ck_region_root CHECK ((parent IS NULL) = (level = 'city')),
    CONSTRAINT ck_region_padding CHECK (length(region_prefix(code)) =
        CASE level WHEN 'city' THEN 4 WHEN 'district' THEN 6 WHEN 'subdistrict' THEN 9 ELSE 12 END),
    CONSTRAINT ck_region_shape CHECK (geom IS NOT NULL OR level = 'city')
);

CREATE TABLE grid (
    id            bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_grid PRIMARY KEY,
    code          text NOT NULL CONSTRAINT ck_grid_code CHECK (code ~ '^[0-9]{15}$'),
    name          text NOT NULL,
    kind          text NOT NULL CONSTRAINT ck_grid_kind CHECK (kind IN ('basic', 'dedicated')),
    neighbourhood region_code NOT NULL,
    responsible   text,
    team          jsonb NOT NULL DEFAULT '{}',
    came_from     text[] NOT NULL DEFAULT '{}',
    geom          geometry(MultiPolygon, 4490) NOT NULL,
    area_m2       double precision GENERATED ALWAYS AS (ST_Area(geom::geography)) STORED,
    valid         daterange NOT NULL,
    recorded      tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by     bigint NOT NULL CONSTRAINT fk_grid_opened_by_change_set REFERENCES change_set (id),
    closed_by     bigint CONSTRAINT fk_grid_closed_by_change_set REFERENCES change_set (id),
    CONSTRAINT ck_grid_prefix CHECK (starts_with(code, neighbourhood))
);

CREATE TABLE community (
    id                  bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_community PRIMARY KEY,
    code                text NOT NULL CONSTRAINT ck_community_code CHECK (code ~ '^[0-9]{12}C[0-9]{3}$'),
    name                text NOT NULL,
    aliases             text[] NOT NULL DEFAULT '{}',
    neighbourhood       region_code NOT NULL,
    address             text,
    kind                text CONSTRAINT ck_community_kind CHECK (kind IN ('commercial', 'resettlement', 'old')),
    built_year          integer CONSTRAINT ck_community_built_year CHECK (built_year BETWEEN 1800 AND 2200),
    building_count      integer CONSTRAINT ck_community_building_count CHECK (building_count >= 0),
    households          integer CONSTRAINT ck_community_households CHECK (households >= 0),
    residents           integer CONSTRAINT ck_community_residents CHECK (residents >= 0),
    floor_area          double precision CONSTRAINT ck_community_floor_area CHECK (floor_area >= 0),
    no_managing_unit    boolean,
    no_property_service boolean,
    no_security         boolean,
    fee                 double precision CONSTRAINT ck_community_fee CHECK (fee >= 0),
    collection_rate     double precision CONSTRAINT ck_community_collection_rate
                        CHECK (collection_rate BETWEEN 0 AND 1),
    geom                geometry(MultiPolygon, 4490) NOT NULL,
    area_m2             double precision GENERATED ALWAYS AS (ST_Area(geom::geography)) STORED,
    valid               daterange NOT NULL,
    recorded            tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by           bigint NOT NULL CONSTRAINT fk_community_opened_by_change_set REFERENCES change_set (id),
    closed_by           bigint CONSTRAINT fk_community_closed_by_change_set REFERENCES change_set (id),
    CONSTRAINT ck_community_prefix CHECK (starts_with(code, neighbourhood))
);

CREATE TABLE building_group (
    id             bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_building_group PRIMARY KEY,
    code           text NOT NULL CONSTRAINT ck_building_group_code
                   CHECK (code ~ '^[0-9]{12}(C[0-9]{5}|S[0-9]{3})$'),
    name           text NOT NULL,
    community      text,
    neighbourhood  region_code NOT NULL,
    address        text,
    building_count integer CONSTRAINT ck_building_group_building_count CHECK (building_count >= 0),
    households     integer CONSTRAINT ck_building_group_households CHECK (households >= 0),
    residents      integer CONSTRAINT ck_building_group_residents CHECK (residents >= 0),
    floor_area     double precision CONSTRAINT ck_building_group_floor_area CHECK (floor_area >= 0),
    geom           geometry(MultiPolygon, 4490) NOT NULL,
    area_m2        double precision GENERATED ALWAYS AS (ST_Area(geom::geography)) STORED,
    valid          daterange NOT NULL,
    recorded       tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by      bigint NOT NULL CONSTRAINT fk_building_group_opened_by_change_set REFERENCES change_set (id),
    closed_by      bigint CONSTRAINT fk_building_group_closed_by_change_set REFERENCES change_set (id),
    CONSTRAINT ck_building_group_prefix
        CHECK (starts_with(code, coalesce(community, neighbourhood || 'S')) AND starts_with(code, neighbourhood))
);

CREATE TABLE building (
    id             bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_building PRIMARY KEY,
    code           text NOT NULL CONSTRAINT ck_building_code
                   CHECK (code ~ '^[0-9]{12}(C[0-9]{8}|S[0-9]{6})$'),
    name           text NOT NULL,
    building_group text,
    community      text,
    floors         integer CONSTRAINT ck_building_floors CHECK (floors >= 0),
    units          integer CONSTRAINT ck_building_units CHECK (units >= 0),
    households     integer CONSTRAINT ck_building_households CHECK (households >= 0),
    residents      integer CONSTRAINT ck_building_residents CHECK (residents >= 0),
    floor_area     double precision CONSTRAINT ck_building_floor_area CHECK (floor_area >= 0),
    geom           geometry(MultiPolygon, 4490) NOT NULL,
    area_m2        double precision GENERATED ALWAYS AS (ST_Area(geom::geography)) STORED,
    valid          daterange NOT NULL,
    recorded       tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by      bigint NOT NULL CONSTRAINT fk_building_opened_by_change_set REFERENCES change_set (id),
    closed_by      bigint CONSTRAINT fk_building_closed_by_change_set REFERENCES change_set (id),
    CONSTRAINT ck_building_parent CHECK (coalesce(building_group, community) IS NOT NULL),
    CONSTRAINT ck_building_prefix CHECK (
        (building_group IS NULL OR starts_with(code, building_group))
        AND (community IS NULL OR starts_with(code, community)))
);

CREATE TABLE base_feature (
    id        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_base_feature PRIMARY KEY,
    code      text NOT NULL CONSTRAINT ck_base_feature_code CHECK (code ~ '^[0-9]{6}[0-9A-Z-]{1,20}$'),
    name      text,
    kind      text NOT NULL CONSTRAINT ck_base_feature_kind
              CHECK (kind IN ('arterial', 'street', 'railway', 'river')),
    geom      geometry(Geometry, 4490) NOT NULL,
    valid     daterange NOT NULL,
    recorded  tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by bigint NOT NULL CONSTRAINT fk_base_feature_opened_by_change_set REFERENCES change_set (id),
    closed_by bigint CONSTRAINT fk_base_feature_closed_by_change_set REFERENCES change_set (id)
);

-- ---------------------------------------------------------------- who serves whom

CREATE TABLE firm (
    id        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_firm PRIMARY KEY,
    code      text NOT NULL CONSTRAINT ck_firm_code CHECK (code ~ '^[0-9A-Z]{18}$'),
    name      text NOT NULL,
    grade     text CONSTRAINT ck_firm_grade CHECK (grade IN ('A', 'B', 'C', 'D')),
    region    region_code NOT NULL,
    contact   text,
    phone     text,
    valid     daterange NOT NULL,
    recorded  tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by bigint NOT NULL CONSTRAINT fk_firm_opened_by_change_set REFERENCES change_set (id),
    closed_by bigint CONSTRAINT fk_firm_closed_by_change_set REFERENCES change_set (id)
);

-- One row says: this service unit was served (or not) in this way through `valid`, whose end is the contract's end.
CREATE TABLE service_period (
    id        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_service_period PRIMARY KEY,
    unit_kind text NOT NULL CONSTRAINT ck_service_period_unit_kind
              CHECK (unit_kind IN ('community', 'building_group')),
    unit      text NOT NULL,
    mode      text NOT NULL CONSTRAINT ck_service_period_mode
              CHECK (mode IN ('market', 'backstop', 'neighbourhood', 'benefit', 'village', 'mobile', 'shared',
                              'self', 'custody', 'trustee', 'none')),
    firm      text,
    note      text,
    valid     daterange NOT NULL,
    recorded  tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by bigint NOT NULL CONSTRAINT fk_service_period_opened_by_change_set REFERENCES change_set (id),
    closed_by bigint CONSTRAINT fk_service_period_closed_by_change_set REFERENCES change_set (id),
    CONSTRAINT ck_service_period_unit CHECK (
        (unit_kind = 'community' AND unit ~ '^[0-9]{12}C[0-9]{3}$')
        OR (unit_kind = 'building_group' AND unit ~ '^[0-9]{12}S[0-9]{3}$')),
    CONSTRAINT ck_service_period_nobody_serves CHECK (mode <> 'none' OR firm IS NULL)
);

CREATE TABLE branch (
    id        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_branch PRIMARY KEY,
    code      text NOT NULL CONSTRAINT ck_branch_code CHECK (code ~ '^[0-9]{12}[0-9A-Z]{1,8}$'),
    name      text NOT NULL,
    kind      text NOT NULL CONSTRAINT ck_branch_kind CHECK (kind IN ('grid', 'community')),
    grid      text,
    community text,
    valid     daterange NOT NULL,
    recorded  tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    opened_by bigint NOT NULL CONSTRAINT fk_branch_opened_by_change_set REFERENCES change_set (id),
    closed_by bigint CONSTRAINT fk_branch_closed_by_change_set REFERENCES change_set (id),
    CONSTRAINT ck_branch_seat CHECK ((kind = 'grid' AND grid IS NOT NULL)
                                     OR (kind = 'community' AND community IS NOT NULL))
);

-- ---------------------------------------------------------------- what a district decides for itself

CREATE TABLE area_setting (
    area     text CONSTRAINT pk_area_setting PRIMARY KEY,
    three_no text NOT NULL DEFAULT 'all_flags' CONSTRAINT ck_area_setting_three_no
             CHECK (three_no IN ('all_flags', 'any_flag', 'old')),
    made_up  boolean NOT NULL DEFAULT false
);

-- ---------------------------------------------------------------- plans of grids

CREATE TABLE grid_plan (
    id           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_grid_plan PRIMARY KEY,
    area         region_code NOT NULL,
    title        text NOT NULL,
    state        text NOT NULL DEFAULT 'draft' CONSTRAINT ck_grid_plan_state
                 CHECK (state IN ('draft', 'submitted', 'returned', 'published')),
    version      integer NOT NULL DEFAULT 1,
    author       text NOT NULL DEFAULT scope_actor(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    based_on     timestamptz NOT NULL DEFAULT now(),
    submitted_by text,
    reviewed_by  text,
    remark       text,
    valid_from   date,
    published_in bigint CONSTRAINT fk_grid_plan_published_in_change_set REFERENCES change_set (id),
    CONSTRAINT ck_grid_plan_second_person CHECK (
        state <> 'published'
        OR (reviewed_by IS NOT NULL AND reviewed_by <> author AND reviewed_by <> submitted_by))
);

-- One cell of a draft: a grid that is new (code still a proposal) or that changes.
CREATE TABLE grid_plan_cell (
    plan      bigint NOT NULL CONSTRAINT fk_grid_plan_cell_plan_grid_plan
              REFERENCES grid_plan (id) ON DELETE CASCADE,
    code      text NOT NULL,
    name      text NOT NULL,
    kind      text NOT NULL,
    is_new    boolean NOT NULL,
    came_from text[] NOT NULL DEFAULT '{}',
    geom      geometry(MultiPolygon, 4490) NOT NULL,
    CONSTRAINT pk_grid_plan_cell PRIMARY KEY (plan, code)
);

-- Every step of a draft, so that undo has no limit and survives a reload.
CREATE TABLE grid_plan_step (
    plan   bigint NOT NULL CONSTRAINT fk_grid_plan_step_plan_grid_plan
           REFERENCES grid_plan (id) ON DELETE CASCADE,
    number integer NOT NULL,
    what   jsonb NOT NULL,
    before jsonb NOT NULL,
    actor  text NOT NULL DEFAULT scope_actor(),
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_grid_plan_step PRIMARY KEY (plan, number)
);

-- ---------------------------------------------------------------- packages

CREATE TABLE tender_round (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_tender_round PRIMARY KEY,
    area       region_code NOT NULL,
    name       text NOT NULL,
    state      text NOT NULL DEFAULT 'draft' CONSTRAINT ck_tender_round_state CHECK (state IN ('draft')),
    version    integer NOT NULL DEFAULT 1,
    as_of      date NOT NULL,
    rules      jsonb NOT NULL,
    outcome    jsonb NOT NULL DEFAULT '{}',
    author     text NOT NULL DEFAULT scope_actor(),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT scope_actor()
);

CREATE TABLE package (
    round  bigint NOT NULL CONSTRAINT fk_package_round_tender_round REFERENCES tender_round (id) ON DELETE CASCADE,
    number integer NOT NULL CONSTRAINT ck_package_number CHECK (number >= 1),
    name   text NOT NULL,
    hub    text NOT NULL,
    CONSTRAINT pk_package PRIMARY KEY (round, number)
);

-- The primary key says it: a unit is in at most one package of a round.
CREATE TABLE package_unit (
    round     bigint NOT NULL,
    unit_kind text NOT NULL,
    unit      text NOT NULL,
    package   integer NOT NULL,
    CONSTRAINT pk_package_unit PRIMARY KEY (round, unit_kind, unit),
    CONSTRAINT fk_package_unit_package FOREIGN KEY (round, package) REFERENCES package (round, number)
               ON DELETE CASCADE
);

-- ---------------------------------------------------------------- people

CREATE TABLE person (
    id                  bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_person PRIMARY KEY,
    username            text NOT NULL CONSTRAINT uq_person_username UNIQUE
                        CONSTRAINT ck_person_username CHECK (username ~ '^[a-z][a-z0-9._-]{1,31}$'),
    name                text NOT NULL,
    password_hash       text,
    password_changed_at timestamptz,
    failures            integer NOT NULL DEFAULT 0,
    locked_at           timestamptz,
    disabled            boolean NOT NULL DEFAULT false,
    demo                boolean NOT NULL DEFAULT false,
    created_at          timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE person_role (
    person bigint NOT NULL CONSTRAINT fk_person_role_person REFERENCES person (id) ON DELETE CASCADE,
    role   text NOT NULL CONSTRAINT ck_person_role_role CHECK (role IN
           ('planner', 'officer', 'supervisor', 'reviewer', 'system', 'security', 'auditor')),
    CONSTRAINT pk_person_role PRIMARY KEY (person, role)
);

CREATE TABLE person_area (
    person bigint NOT NULL CONSTRAINT fk_person_area_person REFERENCES person (id) ON DELETE CASCADE,
    region region_code NOT NULL,
    CONSTRAINT pk_person_area PRIMARY KEY (person, region)
);

-- browser: a signed-in page; token: a bearer token; chooser: may pick a demo person; invite: a one-time link.
CREATE TABLE session (
    token_hash bytea CONSTRAINT pk_session PRIMARY KEY,
    kind       text NOT NULL CONSTRAINT ck_session_kind CHECK (kind IN ('browser', 'token', 'chooser', 'invite')),
    person     bigint CONSTRAINT fk_session_person REFERENCES person (id) ON DELETE CASCADE,
    csrf       text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT ck_session_person CHECK (person IS NOT NULL OR kind IN ('chooser', 'invite'))
);

-- ---------------------------------------------------------------- long work

CREATE TABLE job (
    id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_job PRIMARY KEY,
    kind        text NOT NULL,
    area        text NOT NULL,
    actor       text NOT NULL DEFAULT scope_actor(),
    state       text NOT NULL DEFAULT 'waiting' CONSTRAINT ck_job_state
                CHECK (state IN ('waiting', 'doing', 'done', 'failed', 'cancelled')),
    cancel      boolean NOT NULL DEFAULT false,
    progress    double precision NOT NULL DEFAULT 0,
    note        text,
    request     jsonb NOT NULL,
    result      jsonb,
    tries       integer NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    seen_at     timestamptz,
    finished_at timestamptz
);

-- ---------------------------------------------------------------- audit

CREATE TABLE audit (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      text NOT NULL,
    action     text NOT NULL,
    object     text NOT NULL,
    area       text,
    success    boolean NOT NULL DEFAULT true,
    request_id text,
    source     text,
    detail     jsonb NOT NULL DEFAULT '{}',
    previous   bytea,
    hash       bytea NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
