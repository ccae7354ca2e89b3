-- Communities, and with :alone stand-alone buildings, that the asker may see, with where they are.
SELECT u.code, u.name, u.aliases, coalesce(u.address, '') AS address, u.code_of_neighbourhood,
       coalesce(n.name, '') AS neighbourhood, coalesce(s.name, '') AS subdistrict, u.lon, u.lat, u.reach
  FROM (SELECT DISTINCT ON (code) code, name, aliases, address, neighbourhood AS code_of_neighbourhood,
               ST_X(ST_PointOnSurface(geom)) AS lon, ST_Y(ST_PointOnSurface(geom)) AS lat, sqrt(area_m2 / pi()) AS reach
          FROM community WHERE upper_inf(recorded) AND coalesce(upper(valid), 'infinity') > :at
         ORDER BY code, lower(valid) DESC NULLS LAST) u
  LEFT JOIN region n ON n.code = u.code_of_neighbourhood AND upper_inf(n.recorded) AND n.valid @> CAST(:at AS date)
  LEFT JOIN region s ON s.code = left(u.code, 9) || '000' AND upper_inf(s.recorded) AND s.valid @> CAST(:at AS date)
UNION ALL
SELECT b.code, b.name, '{}', coalesce(b.address, ''), b.neighbourhood, coalesce(n.name, ''), coalesce(s.name, ''),
       ST_X(ST_PointOnSurface(b.geom)), ST_Y(ST_PointOnSurface(b.geom)), sqrt(b.area_m2 / pi())
  FROM building_group b
  LEFT JOIN region n ON n.code = b.neighbourhood AND upper_inf(n.recorded) AND n.valid @> CAST(:at AS date)
  LEFT JOIN region s ON s.code = left(b.code, 9) || '000' AND upper_inf(s.recorded) AND s.valid @> CAST(:at AS date)
 WHERE :alone AND b.community IS NULL AND upper_inf(b.recorded) AND b.valid @> CAST(:at AS date)
 ORDER BY 1
