SELECT coalesce(json_agg(json_build_object(
           'id', p.id, 'area', p.area, 'area_name', r.name, 'level', r.level, 'layer', p.layer, 'title', p.title,
           'state', p.state, 'version', p.version, 'author', p.author, 'author_name', p.author,
           'created_at', p.created_at, 'changed_at', p.changed_at, 'submitted_by', p.submitted_by,
           'reviewed_by', p.reviewed_by, 'valid_from', p.valid_from, 'remark', p.remark, 'steps', p.position,
           'new_cells', made.new, 'changed_cells', made.changed, 'ended_cells', made.ended,
           'comments', (SELECT count(*) FROM grid_plan_comment c WHERE c.plan = p.id)) ORDER BY p.id DESC), '[]')
  FROM grid_plan p
  LEFT JOIN region_at(CAST(:as_of AS date)) r ON r.code = p.area
  CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE c.is_new) AS new,
                             count(*) FILTER (WHERE NOT c.is_new AND NOT c.gone) AS changed,
                             count(*) FILTER (WHERE c.gone) AS ended
                        FROM grid_plan_cell c WHERE c.plan = p.id) made
 WHERE region_prefix(p.area) ^@ :prefix
   AND (CAST(:layer AS text) IS NULL OR p.layer = :layer) AND (CAST(:state AS text) IS NULL OR p.state = :state)
