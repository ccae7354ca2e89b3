SELECT f.code, CAST(NULL AS geometry) AS geom, CAST(NULL AS text) AS level,
       json_build_object('code', f.code, 'name', f.name, 'grade', f.grade, 'region', f.region,
                         'units', (SELECT count(*) FROM service_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) v
                                    WHERE v.firm = f.code)) AS properties
  FROM firm_at(CAST(:as_of AS date), CAST(:known_at AS timestamptz)) f
