-- From which scores on a district takes rows without a code by itself, asks about them, or leaves them (匹配阈值).
ALTER TABLE area_setting ADD COLUMN matching jsonb NOT NULL DEFAULT '{}';

-- What a firm has won and does not serve yet on a day, in the whole districts that the asker's areas lie in: packages that were
-- awarded and wait for their contract, and contracts that begin later. A unit that the firm serves already is no further load.
-- As with firm_load, only sums leave this function.
CREATE FUNCTION firm_won(d date) RETURNS TABLE (firm text, households integer, packages integer, unknown integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wangge, public, pg_temp AS $$
DECLARE own text := coalesce(current_setting('wangge.areas', true), '');
BEGIN
    IF own = '' THEN
        RETURN;
    END IF;
    PERFORM set_config('wangge.areas', (SELECT array_agg(DISTINCT left(a, 6)) FROM unnest(scope_areas()) a)::text, true);
    RETURN QUERY
        WITH won AS (
            SELECT p.firm, p.round, p.number FROM package p JOIN tender_round r ON r.id = p.round
             WHERE p.state = 'awarded' AND r.state = 'awarded' AND r.awarded_on <= d
            UNION
            SELECT c.firm, c.round, c.package FROM contract c JOIN tender_round r ON r.id = c.round
             WHERE c.starts > d AND r.awarded_on <= d
        ), ahead AS (
            SELECT w.firm, w.round, w.number, u.code, u.households
              FROM won w JOIN package_unit x ON x.round = w.round AND x.package = w.number
              JOIN unit_at(d) u ON u.code = x.unit
             WHERE NOT EXISTS (SELECT 1 FROM service_at(d) v WHERE v.unit = u.code AND v.served AND v.firm = w.firm)
        )
        SELECT a.firm, coalesce(sum(a.households), 0)::integer, count(DISTINCT (a.round, a.number))::integer,
               (count(*) FILTER (WHERE a.households IS NULL))::integer
          FROM ahead a GROUP BY a.firm;
    PERFORM set_config('wangge.areas', own, true);
END $$;
REVOKE EXECUTE ON FUNCTION firm_won(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION firm_won(date) TO wangge_app;

-- Until when a survey should have come back (收回期限); nothing is late where nobody said so.
ALTER TABLE survey ADD COLUMN due date CONSTRAINT ck_survey_due CHECK (due >= as_of);

-- What somebody marked as read of an inbox (待办已读): by the item and what it said, so that news of it shows again.
CREATE TABLE inbox_read (
    actor text NOT NULL DEFAULT scope_actor(),
    key   text NOT NULL,
    at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_inbox_read PRIMARY KEY (actor, key),
    CONSTRAINT ck_inbox_read_key CHECK (length(key) BETWEEN 1 AND 200)
);
ALTER TABLE inbox_read ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_read FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON inbox_read USING (actor = (SELECT scope_actor())) WITH CHECK (actor = (SELECT scope_actor()));
CREATE TRIGGER refuse_unattributed BEFORE INSERT OR UPDATE OR DELETE ON inbox_read
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unattributed();
GRANT SELECT, INSERT, DELETE ON inbox_read TO wangge_app;
