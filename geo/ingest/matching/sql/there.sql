-- Which of these codes are communities, or stand-alone buildings, of these areas.
SELECT code FROM community WHERE code = ANY (:codes) AND upper_inf(recorded) AND code ^@ ANY (:areas)
UNION
SELECT code FROM building_group
 WHERE code = ANY (:codes) AND upper_inf(recorded) AND community IS NULL AND code ^@ ANY (:areas)
