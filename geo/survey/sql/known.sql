-- Whether a unit was ever there, in the asker's area.
SELECT EXISTS (SELECT 1 FROM community WHERE code = :unit) OR EXISTS (SELECT 1 FROM building_group WHERE code = :unit)
