-- A new grid. Team and responsible body go on from what it comes from, where that agrees.
INSERT INTO grid (code, name, kind, neighbourhood, responsible, team, came_from, geom, valid, opened_by)
SELECT :code, :name, :kind, :parent, old.responsible, coalesce(old.team, '{}'), CAST(:came_from AS text[]),
       CAST(:geom AS geometry(MultiPolygon, 4490)), daterange(CAST(:valid_from AS date), NULL), :by
  FROM (SELECT CASE WHEN count(DISTINCT (g.team, g.responsible)) = 1 THEN min(g.responsible) END AS responsible,
               CASE WHEN count(DISTINCT (g.team, g.responsible)) = 1 THEN CAST(min(CAST(g.team AS text)) AS jsonb) END AS team
          FROM grid g
         WHERE g.code = ANY (CAST(:came_from AS text[])) AND upper_inf(g.recorded) AND upper_inf(g.valid)) old
