"""Party branches (党支部): 354 of grids and 120 of communities; some grids have two, so 474 is no count of grids."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

GRID_BRANCHES, COMMUNITY_BRANCHES, SECOND_BRANCHES = 354, 120, 14


def make_branches(
    grids: pd.DataFrame, communities: pd.DataFrame, main_grid: dict[str, str], rng: Generator
) -> pd.DataFrame:
    """Branches with code, name, kind, grid, community; `main_grid` is the grid with most of a community's homes."""
    first = rng.choice(len(grids), GRID_BRANCHES - SECOND_BRANCHES, replace=False)
    second = rng.choice(first, SECOND_BRANCHES, replace=False)
    rows = []
    for order, chosen in (("一", np.sort(first)), ("二", np.sort(second))):
        for i in chosen:
            grid = grids.iloc[int(i)]
            serial = "B01" if order == "一" else "B02"
            rows.append((grid["code"] + serial, f"{grid['name']}第{order}党支部", "grid", grid["code"], None))
    large = communities.sort_values("households", ascending=False).head(COMMUNITY_BRANCHES * 2)
    for i in np.sort(rng.choice(len(large), COMMUNITY_BRANCHES, replace=False)):
        community = large.iloc[int(i)]
        code = community["code"]
        rows.append((code + "B01", f"{community['name']}党支部", "community", main_grid[code], code))
    frame = pd.DataFrame(rows, columns=["code", "name", "kind", "grid", "community"])
    return frame.sort_values("code", ignore_index=True)
