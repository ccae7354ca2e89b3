"""Cells that should fit each other, checked and mended at import (检查与修复): regions of one level, and grids.

```
fitting.py     what the importer calls: findings of a table's cells, safe fixes listed, others on offer
work.py        the same in the child, from plain values to plain values: `geo.boundaries.check` and `.repair`
ground.py      parents and known cells of the store, by family
settling.py    the fixes that somebody asked for: land given, cut out or cut off
```

Fits are looked at in the file's own coordinates, since a reprojected straight border bends; so is what of a parent no
cell has, and what lies over known cells, for which the store's shapes are brought there.
"""

from geo.ingest.repairs.fitting import Fitting, parse_repairs
from geo.ingest.repairs.ground import ground_of

__all__ = ["Fitting", "ground_of", "parse_repairs"]
