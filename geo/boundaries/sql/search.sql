-- Regions, grids, communities and stand-alone buildings whose code begins with, or whose name or alias holds, the words.
WITH thing AS (
    SELECT 'regions' AS layer, r.code::text AS code, r.name, '{}'::text[] AS aliases, r.level AS kind, r.geom
      FROM region_at(CAST(:as_of AS date)) r WHERE r.geom IS NOT NULL
    UNION ALL
    SELECT 'communities', c.code, c.name, c.aliases, c.kind, c.geom FROM community_at(CAST(:as_of AS date)) c
    UNION ALL
    SELECT 'building-groups', b.code, b.name, '{}', NULL, b.geom
      FROM building_group_at(CAST(:as_of AS date)) b WHERE b.community IS NULL
    UNION ALL
    SELECT 'grids', g.code, g.name, '{}', g.kind, g.geom FROM grid_at(CAST(:as_of AS date)) g
), hit AS (
    SELECT *, CASE WHEN code = :words THEN 0 WHEN name = :words OR :words = ANY (aliases) THEN 1
                   WHEN starts_with(name, :words) THEN 2 ELSE 3 END AS rank
      FROM thing
     WHERE starts_with(code, :words) OR position(:words IN name) > 0
        OR EXISTS (SELECT 1 FROM unnest(aliases) a WHERE position(:words IN a) > 0)
     ORDER BY rank, length(name), code LIMIT CAST(:limit AS integer)
)
SELECT coalesce(json_agg(json_build_object(
           'layer', layer, 'code', code, 'name', name, 'aliases', aliases, 'kind', kind,
           'bbox', json_build_array(ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)))
           ORDER BY rank, length(name), code), '[]')
  FROM hit
