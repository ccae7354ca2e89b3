-- Files that came back, newest first.
SELECT r.id, r.name, r.sha256, r.actor, r.at, r.report FROM survey_return r WHERE r.survey = :survey ORDER BY r.id DESC
