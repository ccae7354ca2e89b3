"""Boundaries (边界): regions, grids, communities and building groups; their versions, codes, topology and plans."""
