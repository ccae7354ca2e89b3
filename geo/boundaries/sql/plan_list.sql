SELECT coalesce(json_agg(json_build_object(
           'id', p.id, 'area', p.area, 'area_name', r.name, 'title', p.title, 'state', p.state, 'version', p.version,
           'author', p.author, 'created_at', p.created_at, 'submitted_by', p.submitted_by, 'reviewed_by', p.reviewed_by,
           'valid_from', p.valid_from, 'remark', p.remark,
           'new_cells', (SELECT count(*) FROM grid_plan_cell c WHERE c.plan = p.id AND c.is_new)) ORDER BY p.id DESC), '[]')
  FROM grid_plan p LEFT JOIN region_at(CAST(:as_of AS date)) r ON r.code = p.area
