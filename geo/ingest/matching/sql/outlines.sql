-- Outlines of the communities that may touch a box, as of a date.
SELECT code, ST_AsBinary(geom) AS wkb FROM community
 WHERE upper_inf(recorded) AND valid @> CAST(:at AS date)
   AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
