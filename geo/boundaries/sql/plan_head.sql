-- A plan but for its cells, as one JSON object. `base_date`: the first day on which all that it stands on is there.
SELECT json_build_object(
    'id', p.id, 'layer', p.layer, 'area', p.area, 'area_name', r.name, 'level', r.level, 'title', p.title,
    'state', p.state, 'version', p.version, 'author', p.author, 'author_name', p.author, 'created_at', p.created_at,
    'changed_at', p.changed_at, 'submitted_by', p.submitted_by, 'approved_by', p.approved_by,
    'reviewed_by', p.reviewed_by, 'remark', p.remark, 'reason', p.reason, 'valid_from', p.valid_from,
    'lineage', p.lineage, 'settled', p.settled,
    'base_date', greatest(CAST(:as_of AS date), (SELECT max(lower(g.valid)) FROM grid g
                   WHERE g.code ^@ region_prefix(p.area) AND upper_inf(g.recorded) AND upper_inf(g.valid))))
  FROM grid_plan p LEFT JOIN region_at(CAST(:as_of AS date)) r ON r.code = p.area
 WHERE p.id = :plan
