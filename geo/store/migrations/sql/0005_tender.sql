-- The life of a round (招标批次): steps in their order, bids, award, contracts; what a district asks of bidders; credit and
-- capacity of firms. The application asks first and answers in words; these rules hold whatever it forgets.

-- Row-level security binds the owner too: without a scope, the statements below that touch rows would find none.
SELECT set_config('wangge.areas', '{""}', true), set_config('wangge.actor', 'os:migration', true);

ALTER TABLE area_setting ADD COLUMN bidding jsonb NOT NULL DEFAULT '{}';

-- NULL is unknown; a capacity that is NULL is no limit.
ALTER TABLE firm
    ADD COLUMN graded_on    date,
    ADD COLUMN barred_until date,
    ADD COLUMN capacity     integer CONSTRAINT ck_firm_capacity CHECK (capacity >= 0),
    ADD COLUMN related      text[];

-- A trial (先尝后买) is a service of its own kind; NULL is a period that nobody told the kind of.
ALTER TABLE service_period ADD COLUMN kind text CONSTRAINT ck_service_period_kind CHECK (kind IN ('regular', 'trial'));

ALTER TABLE change_set DROP CONSTRAINT ck_change_set_kind;
ALTER TABLE change_set ADD CONSTRAINT ck_change_set_kind
    CHECK (kind IN ('import', 'correction', 'change', 'publish', 'undo', 'contract'));

-- ---------------------------------------------------------------- rounds and packages

ALTER TABLE unit_service DROP CONSTRAINT fk_unit_service_tender_round;
ALTER TABLE tender_round DROP CONSTRAINT uq_tender_round_id_live, DROP COLUMN live, DROP CONSTRAINT ck_tender_round_state;
ALTER TABLE tender_round
    ADD CONSTRAINT ck_tender_round_state CHECK (state IN
        ('draft', 'submitted', 'published', 'opened', 'awarded', 'contracted', 'closed', 'voided')),
    ADD COLUMN live boolean GENERATED ALWAYS AS
        (state IN ('submitted', 'published', 'opened', 'awarded', 'contracted')) STORED,
    ADD COLUMN terms        jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN ground       jsonb,
    ADD COLUMN stepped_on   date,
    ADD COLUMN remark       text,
    ADD COLUMN submitted_by text,
    ADD COLUMN published_by text,
    ADD COLUMN published_on date,
    ADD COLUMN bids_until   date,
    ADD COLUMN opened_on    date,
    ADD COLUMN proposal     jsonb,
    ADD COLUMN proposed_by  text,
    ADD COLUMN proposed_at  timestamptz,
    ADD COLUMN awarded_by   text,
    ADD COLUMN awarded_on   date,
    ADD COLUMN relet_of     bigint CONSTRAINT fk_tender_round_relet_of_tender_round REFERENCES tender_round (id)
                            ON DELETE SET NULL,
    ADD CONSTRAINT ck_tender_round_days CHECK (bids_until >= published_on AND opened_on >= bids_until
                                               AND awarded_on >= opened_on),
    ADD CONSTRAINT ck_tender_round_second_person CHECK (
        published_by IS NULL OR (published_by <> author AND published_by <> submitted_by)),
    ADD CONSTRAINT ck_tender_round_second_award CHECK (awarded_by IS NULL OR awarded_by <> proposed_by);
ALTER TABLE tender_round ADD CONSTRAINT uq_tender_round_id_live UNIQUE (id, live);

-- A package binds its units while its round is under way and it has neither failed nor been contracted: then the unit is
-- free to be let again, or its service period keeps it from being let.
ALTER TABLE package
    ADD COLUMN state      text NOT NULL DEFAULT 'planned' CONSTRAINT ck_package_state
                          CHECK (state IN ('planned', 'awarded', 'failed', 'contracted')),
    ADD COLUMN round_live boolean NOT NULL DEFAULT false,
    ADD COLUMN ceiling_fen bigint CONSTRAINT ck_package_ceiling_fen CHECK (ceiling_fen >= 0),
    ADD COLUMN firm       text,
    ADD COLUMN price_fen  bigint CONSTRAINT ck_package_price_fen CHECK (price_fen >= 0),
    ADD COLUMN points     numeric(10, 4),
    ADD COLUMN failure    jsonb,
    ADD COLUMN relet_in   bigint CONSTRAINT fk_package_relet_in_tender_round REFERENCES tender_round (id)
                          ON DELETE SET NULL,
    ADD CONSTRAINT ck_package_winner CHECK ((state IN ('awarded', 'contracted')) <= (firm IS NOT NULL AND price_fen IS NOT NULL)),
    ADD CONSTRAINT ck_package_failure CHECK ((state = 'failed') = (failure IS NOT NULL));
ALTER TABLE package ADD COLUMN live boolean GENERATED ALWAYS AS (round_live AND state IN ('planned', 'awarded')) STORED;
ALTER TABLE package
    ADD CONSTRAINT uq_package_live UNIQUE (round, number, live),
    ADD CONSTRAINT fk_package_round_live_tender_round FOREIGN KEY (round, round_live)
        REFERENCES tender_round (id, live) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE package ALTER COLUMN hub DROP NOT NULL;

-- Follows the package by itself: one that becomes live while another holds the same service of a unit is refused.
ALTER TABLE unit_service ADD CONSTRAINT fk_unit_service_live_package FOREIGN KEY (round, package, live)
    REFERENCES package (round, number, live) ON UPDATE CASCADE ON DELETE CASCADE;

-- Packages that were there before lots were: let as a whole.
INSERT INTO service_lot (round, package, number, name, services)
SELECT round, number, 1, name, ARRAY['order', 'cleaning', 'green', 'convenience'] FROM package p
 WHERE NOT EXISTS (SELECT 1 FROM service_lot s WHERE s.round = p.round AND s.package = p.number);
INSERT INTO unit_service (round, unit_kind, unit, service, package, lot, live)
SELECT u.round, u.unit_kind, u.unit, s.service, u.package, l.number, false
  FROM package_unit u JOIN service_lot l ON l.round = u.round AND l.package = u.package, unnest(l.services) AS s (service)
 WHERE NOT EXISTS (SELECT 1 FROM unit_service t WHERE t.round = u.round AND t.unit = u.unit);

-- ---------------------------------------------------------------- what happened to a round, version by version

CREATE TABLE round_change (
    round   bigint NOT NULL CONSTRAINT fk_round_change_round_tender_round REFERENCES tender_round (id) ON DELETE CASCADE,
    version integer NOT NULL,
    kind    text NOT NULL CONSTRAINT ck_round_change_kind CHECK (kind IN ('edit', 'save', 'step')),
    what    jsonb NOT NULL,
    actor   text NOT NULL DEFAULT scope_actor(),
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_round_change PRIMARY KEY (round, version)
);

CREATE TABLE bid (
    round       bigint NOT NULL,
    package     integer NOT NULL,
    firm        text NOT NULL,
    price_fen   bigint NOT NULL CONSTRAINT ck_bid_price_fen CHECK (price_fen >= 0),
    score       numeric(8, 4) NOT NULL CONSTRAINT ck_bid_score CHECK (score >= 0),
    received_at timestamptz NOT NULL,
    number      integer NOT NULL,
    CONSTRAINT pk_bid PRIMARY KEY (round, package, firm),
    CONSTRAINT uq_bid_number UNIQUE (round, number),
    CONSTRAINT fk_bid_package FOREIGN KEY (round, package) REFERENCES package (round, number) ON DELETE CASCADE
);

-- `ends` is the first day without service, as in a service period.
CREATE TABLE contract (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_contract PRIMARY KEY,
    round      bigint NOT NULL,
    package    integer NOT NULL,
    kind       text NOT NULL CONSTRAINT ck_contract_kind CHECK (kind IN ('regular', 'trial')),
    firm       text NOT NULL,
    price_fen  bigint NOT NULL CONSTRAINT ck_contract_price_fen CHECK (price_fen >= 0),
    starts     date NOT NULL,
    ends       date NOT NULL,
    signed_by  text NOT NULL DEFAULT scope_actor(),
    signed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    follows    bigint CONSTRAINT fk_contract_follows_contract REFERENCES contract (id) CONSTRAINT uq_contract_follows UNIQUE,
    change_set bigint NOT NULL CONSTRAINT fk_contract_change_set REFERENCES change_set (id),
    CONSTRAINT ck_contract_days CHECK (ends > starts),
    CONSTRAINT fk_contract_package FOREIGN KEY (round, package) REFERENCES package (round, number),
    CONSTRAINT ex_contract_one_at_a_time EXCLUDE USING gist (round WITH =, package WITH =, daterange(starts, ends) WITH &&)
);

-- ---------------------------------------------------------------- no step is skipped

CREATE FUNCTION refuse_step(message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', message USING ERRCODE = 'WG409';
END $$;

CREATE FUNCTION packages_in(of_round bigint, states text[]) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT count(*) FROM package WHERE round = of_round AND state = ANY (states) $$;

CREATE FUNCTION check_round_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step text := OLD.state || ' > ' || NEW.state;
    who text := scope_actor();
BEGIN
    IF NEW.version <> OLD.version + 1 OR NEW.stepped_on IS NULL THEN
        PERFORM refuse_step('a step raises the version by one and names its day');
    END IF;
    CASE step
    WHEN 'draft > submitted' THEN
        IF NEW.submitted_by IS DISTINCT FROM who OR packages_in(NEW.id, ARRAY['planned']) = 0 THEN
            PERFORM refuse_step('a round is submitted with its packages by who is asking');
        END IF;
    WHEN 'submitted > draft' THEN
        IF NEW.remark IS NULL OR OLD.submitted_by = who THEN
            PERFORM refuse_step('a second person returns a round, and says why');
        END IF;
        NEW.submitted_by := NULL;
    WHEN 'submitted > published' THEN
        IF EXISTS (SELECT 1 FROM round_change c WHERE c.round = NEW.id AND c.actor = who AND c.kind <> 'step') THEN
            PERFORM refuse_step('a round is published by somebody who did not work on it');
        END IF;
        IF NEW.published_by IS DISTINCT FROM who OR NEW.published_on IS NULL OR NEW.bids_until IS NULL THEN
            PERFORM refuse_step('a round is published by who is asking, with its day and the last day for bids');
        END IF;
    WHEN 'published > opened' THEN
        IF NEW.opened_on IS NULL THEN PERFORM refuse_step('bids are opened on a day'); END IF;
    WHEN 'opened > awarded' THEN
        IF NEW.proposal IS NULL OR NEW.awarded_by IS DISTINCT FROM who OR NEW.awarded_on IS NULL
           OR packages_in(NEW.id, ARRAY['planned']) > 0 THEN
            PERFORM refuse_step('an award rests on a proposal, and settles every package');
        END IF;
    WHEN 'awarded > contracted' THEN
        IF packages_in(NEW.id, ARRAY['planned', 'awarded']) > 0 OR packages_in(NEW.id, ARRAY['contracted']) = 0 THEN
            PERFORM refuse_step('a round is contracted when each awarded package is');
        END IF;
    WHEN 'contracted > closed' THEN NULL;
    WHEN 'awarded > closed' THEN
        IF packages_in(NEW.id, ARRAY['planned', 'awarded', 'contracted']) > 0 THEN
            PERFORM refuse_step('an awarded round is closed where every package failed');
        END IF;
    WHEN 'submitted > voided', 'published > voided', 'opened > voided' THEN
        IF NEW.remark IS NULL OR NEW.author = who THEN
            PERFORM refuse_step('a second person voids a round, and says why');
        END IF;
    ELSE PERFORM refuse_step('no round goes from ' || OLD.state || ' to ' || NEW.state);
    END CASE;
    RETURN NEW;
END $$;
CREATE TRIGGER check_step BEFORE UPDATE ON tender_round FOR EACH ROW
    WHEN (NEW.state IS DISTINCT FROM OLD.state) EXECUTE FUNCTION check_round_step();

CREATE FUNCTION check_round_rest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN PERFORM refuse_step('a round begins as a draft'); END IF;
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN PERFORM refuse_step('only a draft is thrown away'); END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> 'draft' AND (NEW.area, NEW.name, NEW.as_of, NEW.rules, NEW.terms, NEW.author)
       IS DISTINCT FROM (OLD.area, OLD.name, OLD.as_of, OLD.rules, OLD.terms, OLD.author) THEN
        PERFORM refuse_step('only a draft is changed');
    END IF;
    IF NEW.state = OLD.state AND (NEW.submitted_by, NEW.published_by, NEW.published_on, NEW.bids_until, NEW.opened_on,
                                  NEW.awarded_by, NEW.awarded_on)
       IS DISTINCT FROM (OLD.submitted_by, OLD.published_by, OLD.published_on, OLD.bids_until, OLD.opened_on,
                         OLD.awarded_by, OLD.awarded_on) THEN
        PERFORM refuse_step('who took a step, and when, is written with the step');
    END IF;
    IF NEW.proposal IS DISTINCT FROM OLD.proposal AND (OLD.state <> 'opened' OR NEW.state NOT IN ('opened', 'awarded')) THEN
        PERFORM refuse_step('an award is proposed while bids are open');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_rest BEFORE INSERT OR UPDATE OR DELETE ON tender_round FOR EACH ROW EXECUTE FUNCTION check_round_rest();

-- A step is on record by itself: in the round's own history and in the audit.
CREATE FUNCTION keep_round_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE told jsonb := jsonb_strip_nulls(jsonb_build_object('from', OLD.state, 'to', NEW.state, 'day', NEW.stepped_on,
                                                           'remark', NEW.remark));
BEGIN
    INSERT INTO round_change (round, version, kind, what) VALUES (NEW.id, NEW.version, 'step', told);
    PERFORM write_audit('tender_round.' || NEW.state, 'tender_round ' || NEW.id, NEW.area, true, told);
    RETURN NULL;
END $$;
DROP TRIGGER audit_state ON tender_round;
CREATE TRIGGER audit_new AFTER INSERT ON tender_round FOR EACH ROW EXECUTE FUNCTION audit_state();
CREATE TRIGGER keep_step AFTER UPDATE ON tender_round FOR EACH ROW
    WHEN (NEW.state IS DISTINCT FROM OLD.state) EXECUTE FUNCTION keep_round_step();

CREATE FUNCTION round_state(of_round bigint) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT state FROM tender_round WHERE id = of_round $$;

-- What is let stands still from the moment it is submitted. A round that is gone takes its parts along.
CREATE FUNCTION freeze_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(round_state(CASE TG_OP WHEN 'DELETE' THEN OLD.round ELSE NEW.round END), 'draft') <> 'draft' THEN
        PERFORM refuse_step('the packages of a round that is no draft stand still');
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER stand_still BEFORE INSERT OR DELETE ON package FOR EACH ROW EXECUTE FUNCTION freeze_parts();
CREATE TRIGGER stand_still BEFORE INSERT OR UPDATE OR DELETE ON package_unit FOR EACH ROW EXECUTE FUNCTION freeze_parts();
CREATE TRIGGER stand_still BEFORE INSERT OR UPDATE OR DELETE ON service_lot FOR EACH ROW EXECUTE FUNCTION freeze_parts();

CREATE FUNCTION check_package_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE now_in text := round_state(NEW.round);
BEGIN
    IF now_in <> 'draft' AND (NEW.number, NEW.name, NEW.hub, NEW.ceiling_fen)
       IS DISTINCT FROM (OLD.number, OLD.name, OLD.hub, OLD.ceiling_fen) THEN
        PERFORM refuse_step('the packages of a round that is no draft stand still');
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND OLD.state || ' > ' || NEW.state || ' in ' || now_in NOT IN
       ('planned > awarded in opened', 'planned > failed in opened', 'awarded > failed in awarded',
        'awarded > contracted in awarded') THEN
        PERFORM refuse_step('no package goes from ' || OLD.state || ' to ' || NEW.state || ' while its round is ' || now_in);
    END IF;
    IF NEW.state = OLD.state AND (NEW.firm, NEW.price_fen, NEW.points) IS DISTINCT FROM (OLD.firm, OLD.price_fen, OLD.points) THEN
        PERFORM refuse_step('who won a package is written with the award');
    END IF;
    IF NEW.state = 'contracted' AND OLD.state <> 'contracted' AND NOT EXISTS (
        SELECT 1 FROM contract c WHERE c.round = NEW.round AND c.package = NEW.number) THEN
        PERFORM refuse_step('a contracted package has a contract');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_step BEFORE UPDATE ON package FOR EACH ROW EXECUTE FUNCTION check_package_step();

CREATE FUNCTION audit_package() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_audit('package.' || NEW.state, 'tender_round ' || NEW.round || ' package ' || NEW.number,
        (SELECT area FROM tender_round WHERE id = NEW.round), true,
        jsonb_strip_nulls(jsonb_build_object('firm', NEW.firm, 'price_fen', NEW.price_fen, 'failure', NEW.failure)));
    RETURN NULL;
END $$;
CREATE TRIGGER audit_state AFTER UPDATE ON package FOR EACH ROW
    WHEN (NEW.state IS DISTINCT FROM OLD.state) EXECUTE FUNCTION audit_package();

CREATE FUNCTION check_bid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of_round bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.round ELSE NEW.round END; here record;
BEGIN
    SELECT state, proposal IS NULL AS free INTO here FROM tender_round WHERE id = of_round;
    IF FOUND AND NOT (here.state = 'opened' AND here.free) THEN
        PERFORM refuse_step('bids are written down after they were opened and before an award is proposed');
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER check_bid BEFORE INSERT OR UPDATE OR DELETE ON bid FOR EACH ROW EXECUTE FUNCTION check_bid();

CREATE FUNCTION check_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lot record;
BEGIN
    SELECT p.state, p.firm, r.area INTO lot FROM package p JOIN tender_round r ON r.id = p.round
     WHERE p.round = NEW.round AND p.number = NEW.package;
    IF NOT (lot.state = 'awarded' OR (lot.state = 'contracted' AND NEW.follows IS NOT NULL)) OR NEW.firm <> lot.firm THEN
        PERFORM refuse_step('a contract is made with the firm that won the package');
    END IF;
    PERFORM write_audit('contract.' || NEW.kind, 'tender_round ' || NEW.round || ' package ' || NEW.package, lot.area, true,
        jsonb_build_object('firm', NEW.firm, 'starts', NEW.starts, 'ends', NEW.ends, 'change_set', NEW.change_set));
    RETURN NEW;
END $$;
CREATE TRIGGER check_contract BEFORE INSERT ON contract FOR EACH ROW EXECUTE FUNCTION check_contract();

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['round_change', 'bid', 'contract']
    LOOP
        EXECUTE format('CREATE TRIGGER refuse_unattributed BEFORE INSERT OR UPDATE OR DELETE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_unattributed()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY area ON %I USING (round IN (SELECT id FROM tender_round))
            WITH CHECK (round IN (SELECT id FROM tender_round))', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT ON round_change, contract TO wangge_app;
GRANT SELECT, INSERT, DELETE ON bid TO wangge_app;
GRANT EXECUTE ON FUNCTION refuse_step(text), packages_in(bigint, text[]), round_state(bigint) TO wangge_app;
