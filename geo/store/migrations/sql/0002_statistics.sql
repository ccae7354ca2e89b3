-- Only a table's owner may ANALYZE it, and PostgreSQL's own does so up to a minute after a load: until then, a join
-- of communities with their service is planned as a loop in a loop, seven times slower at 560 communities and worse
-- with the square.
CREATE FUNCTION refresh_statistics(of_table text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = wangge, public, pg_temp AS $$
BEGIN
    IF of_table <> ALL (ARRAY['region', 'grid', 'community', 'building_group', 'building', 'base_feature', 'firm',
                              'service_period', 'branch']) THEN
        RAISE EXCEPTION 'no table of history: %', of_table;
    END IF;
    EXECUTE format('ANALYZE %I', of_table);
END $$;
REVOKE EXECUTE ON FUNCTION refresh_statistics(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refresh_statistics(text) TO wangge_app;
