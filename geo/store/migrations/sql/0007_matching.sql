-- Rows of a file that name a community without its code (匹配): what they may mean, and what people decided.

CREATE TABLE matching (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_matching PRIMARY KEY,
    areas      text[] NOT NULL CONSTRAINT ck_matching_areas CHECK (cardinality(areas) > 0),
    actor      text NOT NULL DEFAULT scope_actor(),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    state      text NOT NULL DEFAULT 'open' CONSTRAINT ck_matching_state CHECK (state IN ('open', 'loaded', 'dropped')),
    kind       text NOT NULL,
    source     text NOT NULL,
    sha256     text NOT NULL,
    upload     text,
    request    jsonb NOT NULL,
    one_each   boolean NOT NULL,
    change_set bigint CONSTRAINT fk_matching_change_set_change_set REFERENCES change_set (id)
);
CREATE INDEX ix_matching_change_set ON matching (change_set);

-- One file is settled once at a time by those who answer for the same ground.
CREATE UNIQUE INDEX uq_matching_open ON matching (sha256, kind, areas) WHERE state = 'open';

CREATE TABLE matching_row (
    matching   bigint NOT NULL CONSTRAINT fk_matching_row_matching_matching REFERENCES matching (id) ON DELETE CASCADE,
    number     integer NOT NULL,
    class      text NOT NULL CONSTRAINT ck_matching_row_class CHECK (class IN ('certain', 'doubtful', 'none', 'double')),
    version    integer NOT NULL DEFAULT 1,
    name       text NOT NULL,
    original   jsonb NOT NULL,
    place      jsonb,
    candidates jsonb NOT NULL,
    reason     jsonb NOT NULL,
    may_be_new boolean NOT NULL,
    decision   text CONSTRAINT ck_matching_row_decision CHECK (decision IN ('match', 'none', 'new')),
    code       text,
    decided_by text,
    decided_at timestamptz,
    CONSTRAINT pk_matching_row PRIMARY KEY (matching, number),
    CONSTRAINT ck_matching_row_decided
        CHECK ((decision IS NOT DISTINCT FROM 'match') = (code IS NOT NULL) AND (decision IS NULL) = (decided_by IS NULL))
);

ALTER TABLE matching ENABLE ROW LEVEL SECURITY;
ALTER TABLE matching FORCE ROW LEVEL SECURITY;
-- Its rows and candidates are of all its areas: only who has them all sees any of it.
CREATE FUNCTION all_mine(areas text[]) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT coalesce(bool_and(a ^@ ANY (coalesce(scope_areas(), '{}'))), false) FROM unnest(areas) a $$;
CREATE POLICY area ON matching USING (all_mine(areas)) WITH CHECK (all_mine(areas));
ALTER TABLE matching_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE matching_row FORCE ROW LEVEL SECURITY;
CREATE POLICY area ON matching_row USING (matching IN (SELECT id FROM matching))
    WITH CHECK (matching IN (SELECT id FROM matching));

CREATE TRIGGER refuse_unattributed BEFORE INSERT OR UPDATE OR DELETE ON matching
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unattributed();
CREATE TRIGGER refuse_unattributed BEFORE INSERT OR UPDATE OR DELETE ON matching_row
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unattributed();
GRANT EXECUTE ON FUNCTION all_mine(text[]) TO wangge_app;
GRANT SELECT, INSERT, UPDATE ON matching TO wangge_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON matching_row TO wangge_app;
