"""Storage in PostGIS: the embedded cluster, sessions in a scope, tables and migrations. Only here sessions open."""
