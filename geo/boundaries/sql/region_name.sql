SELECT r.name FROM region_at(CAST(:as_of AS date)) r WHERE r.code = :code
