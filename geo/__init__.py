"""The domain of wangge (网格) and its storage in PostGIS: regions, grids, communities, coverage, bundling."""
