"""Packages round given centres (既定中心): the assignment, the choice of centres, bound and reasons."""
