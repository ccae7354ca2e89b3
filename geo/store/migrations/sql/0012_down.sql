ALTER TABLE survey DROP COLUMN due;
DROP TABLE inbox_read;
DROP FUNCTION firm_won(date);
ALTER TABLE area_setting DROP COLUMN matching;
