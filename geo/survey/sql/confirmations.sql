-- What was confirmed of a survey, newest first.
SELECT c.id, c.actor, c.at, c.source, c.undone_by, c.area, c.reason FROM change_set c
 WHERE c.kind = 'change' AND c.subject = 'survey ' || CAST(:survey AS bigint) AND c.area ^@ ANY (scope_areas())
 ORDER BY c.id DESC
