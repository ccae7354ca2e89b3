-- Survey sheets (摸底表): what went out, what came back, and what of it was confirmed.

CREATE TABLE survey (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_survey PRIMARY KEY,
    area       region_code NOT NULL,
    title      text NOT NULL,
    as_of      date NOT NULL,
    known_at   timestamptz NOT NULL DEFAULT now(),
    chosen     text NOT NULL CONSTRAINT ck_survey_chosen
               CHECK (chosen IN ('all', 'old', 'three_no', 'gaps', 'never')),
    standalone boolean NOT NULL,
    fields     text[] NOT NULL CONSTRAINT ck_survey_fields CHECK (cardinality(fields) >= 1),
    layout     text NOT NULL CONSTRAINT ck_survey_layout CHECK (layout IN ('one', 'each')),
    key        text NOT NULL DEFAULT gen_random_uuid()::text,
    author     text NOT NULL DEFAULT scope_actor(),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_survey_area ON survey (area);

-- One row of the sheet: the values as they went out, and who came back with it.
CREATE TABLE survey_unit (
    survey        bigint NOT NULL CONSTRAINT fk_survey_unit_survey REFERENCES survey (id) ON DELETE CASCADE,
    unit          text NOT NULL,
    unit_kind     text NOT NULL CONSTRAINT ck_survey_unit_unit_kind CHECK (unit_kind IN ('community', 'building_group')),
    neighbourhood region_code NOT NULL,
    name          text NOT NULL,
    about         jsonb NOT NULL,
    sent          jsonb NOT NULL,
    outcome       text CONSTRAINT ck_survey_unit_outcome CHECK (outcome IN ('done', 'unreachable')),
    surveyor      text,
    surveyed_on   date,
    contact       text,
    phone         text,
    note          text,
    returned_at   timestamptz,
    CONSTRAINT pk_survey_unit PRIMARY KEY (survey, unit)
);
CREATE INDEX ix_survey_unit_unit ON survey_unit (unit) WHERE outcome = 'done';

-- A file that came back; `report` says what was read in it. `area` is what all of its rows share.
CREATE TABLE survey_return (
    id     bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_survey_return PRIMARY KEY,
    survey bigint NOT NULL CONSTRAINT fk_survey_return_survey REFERENCES survey (id) ON DELETE CASCADE,
    area   text NOT NULL,
    name   text NOT NULL,
    sha256 text NOT NULL,
    actor  text NOT NULL DEFAULT scope_actor(),
    at     timestamptz NOT NULL DEFAULT now(),
    report jsonb NOT NULL
);
CREATE INDEX ix_survey_return_survey ON survey_return (survey);

-- A cell that says something else than what went out: `came` is NULL for "not known", and where `reads` is false.
CREATE TABLE survey_answer (
    survey  bigint NOT NULL,
    unit    text NOT NULL,
    field   text NOT NULL,
    text    text NOT NULL,
    came    jsonb,
    reads   boolean NOT NULL,
    doubt   text,
    place   text NOT NULL,
    actor   text NOT NULL DEFAULT scope_actor(),
    at      timestamptz NOT NULL DEFAULT now(),
    settled bigint CONSTRAINT fk_survey_answer_settled_change_set REFERENCES change_set (id),
    CONSTRAINT pk_survey_answer PRIMARY KEY (survey, unit, field),
    CONSTRAINT fk_survey_answer_survey_unit FOREIGN KEY (survey, unit) REFERENCES survey_unit (survey, unit)
               ON DELETE CASCADE,
    CONSTRAINT ck_survey_answer_came CHECK (reads OR came IS NULL)
);

-- Whether an answer stands in the records: it was confirmed, and that was not taken back.
CREATE FUNCTION is_settled(by_change_set bigint) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT by_change_set IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM change_set c WHERE c.id = by_change_set AND c.undone_by IS NOT NULL) $$;

-- What a survey asks of every service unit, as it is on a date by what is known now.
CREATE FUNCTION surveyed_at(d date)
RETURNS TABLE (unit_kind text, unit text, version bigint, valid daterange, name text, neighbourhood text, kind text,
               three_no boolean, facts jsonb, firm text, service_end date) LANGUAGE sql STABLE AS $$
    SELECT 'community', c.code, c.id, c.valid, c.name, c.neighbourhood::text, c.kind,
           is_three_no(coalesce(a.three_no, 'all_flags'), c.kind, c.no_managing_unit, c.no_property_service, c.no_security),
           jsonb_build_object('address', c.address, 'kind', c.kind, 'built_year', c.built_year,
               'building_count', c.building_count, 'households', c.households, 'residents', c.residents,
               'floor_area', c.floor_area, 'no_managing_unit', c.no_managing_unit,
               'no_property_service', c.no_property_service, 'no_security', c.no_security, 'fee', c.fee,
               'collection_rate', c.collection_rate, 'willing', c.willing, 'anchor', c.anchor, 'vote', c.vote,
               'mode', s.mode),
           f.name, s.service_end
      FROM community_at(d) c
      LEFT JOIN area_setting a ON a.area = left(c.code, 6)
      LEFT JOIN service_at(d) s ON s.unit = c.code
      LEFT JOIN firm_at(d) f ON f.code = s.firm
    UNION ALL
    SELECT 'building_group', b.code, b.id, b.valid, b.name, b.neighbourhood::text, NULL, NULL,
           jsonb_build_object('address', b.address, 'building_count', b.building_count, 'households', b.households,
               'residents', b.residents, 'floor_area', b.floor_area, 'willing', b.willing, 'anchor', b.anchor,
               'vote', b.vote, 'mode', s.mode),
           f.name, s.service_end
      FROM building_group_at(d) b
      LEFT JOIN service_at(d) s ON s.unit = b.code
      LEFT JOIN firm_at(d) f ON f.code = s.firm
     WHERE b.community IS NULL
$$;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['survey', 'survey_unit', 'survey_return', 'survey_answer']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE TRIGGER refuse_unattributed BEFORE INSERT OR UPDATE OR DELETE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_unattributed()', name);
    END LOOP;
END $$;
-- A district's survey is answered by its sub-districts: they see that it is, and of its rows their own.
CREATE POLICY inside ON survey FOR SELECT USING (EXISTS (
    SELECT 1 FROM unnest((SELECT scope_areas())::text[]) a WHERE region_prefix(area) ^@ a OR a ^@ region_prefix(area)));
CREATE POLICY whole ON survey USING (region_prefix(area) ^@ ANY ((SELECT scope_areas())::text[]))
    WITH CHECK (region_prefix(area) ^@ ANY ((SELECT scope_areas())::text[]));
CREATE POLICY area ON survey_unit USING (unit ^@ ANY ((SELECT scope_areas())::text[]))
    WITH CHECK (unit ^@ ANY ((SELECT scope_areas())::text[]));
CREATE POLICY area ON survey_answer USING (unit ^@ ANY ((SELECT scope_areas())::text[]))
    WITH CHECK (unit ^@ ANY ((SELECT scope_areas())::text[]));
CREATE POLICY area ON survey_return USING (area ^@ ANY ((SELECT scope_areas())::text[]))
    WITH CHECK (area ^@ ANY ((SELECT scope_areas())::text[]));

GRANT SELECT, INSERT, DELETE ON survey TO wangge_app;
GRANT SELECT, INSERT ON survey_unit, survey_return TO wangge_app;
GRANT UPDATE (outcome, surveyor, surveyed_on, contact, phone, note, returned_at) ON survey_unit TO wangge_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON survey_answer TO wangge_app;
GRANT EXECUTE ON FUNCTION is_settled(bigint), surveyed_at(date) TO wangge_app;
