"""The search (搜索): first plans, annealing over boundary moves, windows recombined, mending."""
