"""Coverage (覆盖): service on dates, roll-ups to every level, rebounds, the pool, and which cell a place lies in."""
