-- A plan with what it makes, changes and ends, as one JSON object.
SELECT json_build_object(
    'id', p.id, 'area', p.area, 'area_name', (SELECT r.name FROM region_at(CAST(:as_of AS date)) r WHERE r.code = p.area),
    'title', p.title, 'state', p.state, 'version', p.version, 'author', p.author, 'created_at', p.created_at,
    'submitted_by', p.submitted_by, 'reviewed_by', p.reviewed_by, 'remark', p.remark, 'valid_from', p.valid_from,
    'base_date', (SELECT greatest(CAST(:as_of AS date), max(lower(g.valid))) FROM grid g
                   WHERE g.code ^@ p.area AND upper_inf(g.recorded) AND upper_inf(g.valid)),
    'steps', (SELECT count(*) FROM grid_plan_step s WHERE s.plan = p.id),
    'ended', (SELECT coalesce(json_agg(DISTINCT old.code), '[]')
                FROM grid_plan_cell c, unnest(c.came_from) AS old (code) WHERE c.plan = p.id AND c.is_new),
    'cells', json_build_object('type', 'FeatureCollection', 'features', (
        SELECT coalesce(json_agg(json_build_object(
                   'type', 'Feature', 'id', c.code, 'geometry', ST_AsGeoJSON(c.geom, 8, 0)::json,
                   'properties', json_build_object('code', c.code, 'name', c.name, 'kind', c.kind, 'is_new', c.is_new,
                        'came_from', c.came_from, 'area_m2', round(ST_Area(c.geom::geography)::numeric, 1),
                        'households', home.households, 'residents', home.residents, 'buildings', home.buildings))
                   ORDER BY c.code), '[]')
          FROM grid_plan_cell c
          LEFT JOIN LATERAL (
               SELECT sum(b.households) AS households, sum(b.residents) AS residents, count(*) AS buildings
                 FROM building_at(CAST(:as_of AS date)) b
                WHERE b.geom && c.geom AND ST_Intersects(c.geom, ST_PointOnSurface(b.geom))) home ON true
         WHERE c.plan = p.id)))
  FROM grid_plan p WHERE p.id = :plan
