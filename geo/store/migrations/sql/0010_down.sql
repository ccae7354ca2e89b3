DROP FUNCTION firm_load(date);
