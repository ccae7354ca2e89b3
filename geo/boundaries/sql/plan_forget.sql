DELETE FROM grid_plan_cell c USING grid_plan_step s
 WHERE s.plan = :plan AND s.number = :number AND c.plan = s.plan AND c.code = ANY (s.codes)
