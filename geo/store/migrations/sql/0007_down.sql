DROP TABLE matching_row, matching;
DROP FUNCTION all_mine(text[]);
