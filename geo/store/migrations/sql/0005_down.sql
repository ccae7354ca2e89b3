SELECT set_config('wangge.areas', '{""}', true), set_config('wangge.actor', 'os:migration', true);
DROP TABLE contract, bid, round_change;
DROP TRIGGER stand_still ON package;
DROP TRIGGER stand_still ON package_unit;
DROP TRIGGER stand_still ON service_lot;
DROP TRIGGER check_step ON package;
DROP TRIGGER audit_state ON package;
DROP TRIGGER check_step ON tender_round;
DROP TRIGGER check_rest ON tender_round;
DROP TRIGGER audit_new ON tender_round;
DROP TRIGGER keep_step ON tender_round;
DROP FUNCTION check_contract(), check_bid(), audit_package(), check_package_step(), freeze_parts(), round_state(bigint),
    keep_round_step(), check_round_rest(), check_round_step(), packages_in(bigint, text[]), refuse_step(text);
-- The first schema knows drafts alone: what went further goes, with its services that others may now take.
DELETE FROM tender_round WHERE state <> 'draft';
ALTER TABLE unit_service DROP CONSTRAINT fk_unit_service_live_package;
DELETE FROM package WHERE hub IS NULL;
ALTER TABLE package
    DROP CONSTRAINT fk_package_round_live_tender_round, DROP CONSTRAINT uq_package_live, DROP CONSTRAINT ck_package_winner,
    DROP CONSTRAINT ck_package_failure, DROP COLUMN live, DROP COLUMN state, DROP COLUMN round_live,
    DROP COLUMN ceiling_fen, DROP COLUMN firm, DROP COLUMN price_fen, DROP COLUMN points, DROP COLUMN failure,
    DROP COLUMN relet_in, ALTER COLUMN hub SET NOT NULL;
ALTER TABLE tender_round
    DROP CONSTRAINT uq_tender_round_id_live, DROP CONSTRAINT ck_tender_round_days, DROP CONSTRAINT ck_tender_round_second_person,
    DROP CONSTRAINT ck_tender_round_second_award, DROP CONSTRAINT ck_tender_round_state, DROP COLUMN live,
    DROP COLUMN terms, DROP COLUMN ground, DROP COLUMN stepped_on, DROP COLUMN remark, DROP COLUMN submitted_by,
    DROP COLUMN published_by, DROP COLUMN published_on, DROP COLUMN bids_until, DROP COLUMN opened_on,
    DROP COLUMN proposal, DROP COLUMN proposed_by, DROP COLUMN proposed_at, DROP COLUMN awarded_by,
    DROP COLUMN awarded_on, DROP COLUMN relet_of;
ALTER TABLE tender_round
    ADD CONSTRAINT ck_tender_round_state CHECK (state IN ('draft')),
    ADD COLUMN live boolean GENERATED ALWAYS AS (state <> 'draft') STORED;
ALTER TABLE tender_round ADD CONSTRAINT uq_tender_round_id_live UNIQUE (id, live);
ALTER TABLE unit_service ADD CONSTRAINT fk_unit_service_tender_round FOREIGN KEY (round, live)
    REFERENCES tender_round (id, live) ON UPDATE CASCADE ON DELETE CASCADE;
CREATE TRIGGER audit_state AFTER INSERT OR UPDATE OF state ON tender_round FOR EACH ROW EXECUTE FUNCTION audit_state();
UPDATE change_set SET kind = 'change' WHERE kind = 'contract';
ALTER TABLE change_set DROP CONSTRAINT ck_change_set_kind;
ALTER TABLE change_set ADD CONSTRAINT ck_change_set_kind
    CHECK (kind IN ('import', 'correction', 'change', 'publish', 'undo'));
ALTER TABLE service_period DROP COLUMN kind;
ALTER TABLE firm DROP COLUMN graded_on, DROP COLUMN barred_until, DROP COLUMN capacity, DROP COLUMN related;
ALTER TABLE area_setting DROP COLUMN bidding;
