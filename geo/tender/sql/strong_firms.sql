-- Units that a firm of one of these grades serves on a date: who could take a neighbour along (联建).
SELECT v.unit, f.code AS firm, f.name, f.grade, ST_AsBinary(u.geom) AS wkb
  FROM service_at(CAST(:as_of AS date)) v
  JOIN firm_at(CAST(:as_of AS date)) f ON f.code = v.firm AND f.grade = ANY (CAST(:grades AS text[]))
  JOIN unit_at(CAST(:as_of AS date)) u ON u.code = v.unit
 WHERE v.served AND u.code ^@ left(:prefix, 6)
 ORDER BY v.unit
