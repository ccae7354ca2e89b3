SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
  FROM (SELECT ST_Extent(r.geom) AS box FROM region_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) r) whole
