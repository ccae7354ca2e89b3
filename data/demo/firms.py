"""Forty property firms (物业企业) graded A-D; their codes begin with 99, which no real one does."""

from __future__ import annotations

import pandas as pd
from numpy.random import Generator

from .codes import DISTRICT
from .names import fresh, person

GRADES = "A" * 9 + "B" * 18 + "C" * 9 + "D" * 4


def make_firms(bank: list[str], rng: Generator) -> pd.DataFrame:
    """Firms with code, name, grade, region, contact, phone; the numbers begin with 000 and ring nowhere."""
    taken: set[str] = set()
    rows = []
    for i, at in enumerate(rng.permutation(len(GRADES))):
        tail = "".join(str(d) for d in rng.integers(0, 10, 10))
        name = fresh("示例" + bank[i], taken, []) + str(
            rng.choice(["物业服务有限公司", "物业管理有限公司", "城市服务有限公司"])
        )
        rows.append(
            (f"99990101{tail}", name, GRADES[at], DISTRICT, person(rng), f"000-{rng.integers(10**7):07d}")
        )
    frame = pd.DataFrame(rows, columns=["code", "name", "grade", "region", "contact", "phone"])
    return frame.sort_values("code", ignore_index=True)
