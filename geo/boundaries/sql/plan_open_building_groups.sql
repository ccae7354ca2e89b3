INSERT INTO building_group (code, name, community, neighbourhood, geom, valid, opened_by)
SELECT :code, :name, :parent, left(:parent, 12), CAST(:geom AS geometry(MultiPolygon, 4490)),
       daterange(CAST(:valid_from AS date), NULL), :by
 WHERE CAST(:came_from AS text[]) IS NOT NULL AND :kind IS NOT NULL
