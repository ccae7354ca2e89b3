DROP TABLE survey_answer, survey_return, survey_unit, survey;
DROP FUNCTION surveyed_at(date), is_settled(bigint);
