-- What each firm serves on a day in the whole districts that the asker's areas lie in: a firm's capacity is used up wherever
-- it serves. Only sums leave this function, never a unit, its place or its contract. The asker's areas are widened to their
-- districts for the length of the call; an error on the way ends the transaction and with it the wider scope.
CREATE FUNCTION firm_load(d date) RETURNS TABLE (firm text, households integer, units integer, unknown integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wangge, public, pg_temp AS $$
DECLARE own text := coalesce(current_setting('wangge.areas', true), '');
BEGIN
    IF own = '' THEN
        RETURN;
    END IF;
    PERFORM set_config('wangge.areas', (SELECT array_agg(DISTINCT left(a, 6)) FROM unnest(scope_areas()) a)::text, true);
    RETURN QUERY
        SELECT v.firm, coalesce(sum(u.households), 0)::integer, count(*)::integer,
               (count(*) FILTER (WHERE u.households IS NULL))::integer
          FROM service_at(d) v JOIN unit_at(d) u ON u.code = v.unit
         WHERE v.served AND v.firm IS NOT NULL GROUP BY v.firm;
    PERFORM set_config('wangge.areas', own, true);
END $$;
REVOKE EXECUTE ON FUNCTION firm_load(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION firm_load(date) TO wangge_app;
