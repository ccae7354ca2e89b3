WITH serving AS (
    SELECT v.firm, count(*) AS units
      FROM service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v GROUP BY v.firm
)
SELECT f.code, CAST(NULL AS geometry) AS geom, CAST(NULL AS text) AS level,
       json_build_object('code', f.code, 'name', f.name, 'grade', f.grade, 'region', f.region,
                         'units', coalesce(s.units, 0)) AS properties
  FROM firm_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) f
  LEFT JOIN serving s ON s.firm = f.code
