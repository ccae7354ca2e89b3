SELECT ST_AsBinary(b.geom) AS wkb FROM building_at(CAST(:as_of AS date)) b WHERE b.code = :code
