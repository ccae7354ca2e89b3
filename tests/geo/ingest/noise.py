"""Names of communities as another office would write them: noise of stated kinds, drawn from a generator."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

_TRADITIONAL = str.maketrans(
    "园华庆阳龙丽云桥广绿兴丰银凤马东门楼区号万", "園華慶陽龍麗雲橋廣綠興豐銀鳳馬東門樓區號萬"
)
_DIGITS = "零一二三四五六七八九"
_ENDINGS = ("花园", "花苑", "家园", "嘉园", "佳园", "嘉苑", "苑", "园")
_TYPOS = "湖胡园圆苑院嘉佳家加丽利里理华花馨欣鑫新城成府福景锦"


Change = Callable[[str, random.Random], str]


def wide(name: str, _: random.Random) -> str:
    """Full-width digits and letters."""
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in name)


def traditional(name: str, _: random.Random) -> str:
    return name.translate(_TRADITIONAL)


def suffix(name: str, _: random.Random) -> str:
    """小区 put behind, or taken away."""
    return name.removesuffix("小区") if name.endswith("小区") and len(name) > 4 else name + "小区"


def bracketed(name: str, _: random.Random) -> str:
    """The phase or zone in brackets."""
    for length in (2, 3, 4):
        if name[-1] in "期区" and len(name) > length + 1 and name[-length] in "一二三四五六七东南西北中ABC":
            return f"{name[:-length]}（{name[-length:]}）"
    return name


def numerals(name: str, _: random.Random) -> str:
    """Digits for Chinese numerals before 期 and 区."""
    for n, sign in enumerate(_DIGITS):
        for mark in "期区":
            name = name.replace(f"{sign}{mark}", f"{n}{mark}")
    return name


def blanks(name: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(name)) if len(name) > 1 else 0
    return f" {name[:at]} {name[at:]}\u3000"


def ending(name: str, rng: random.Random) -> str:
    """Another generic ending."""
    for one in _ENDINGS:
        if name.endswith(one) and len(name) - len(one) >= 2:
            return name.removesuffix(one) + rng.choice([other for other in _ENDINGS if other != one])
    return name


def typo(name: str, rng: random.Random) -> str:
    """One character replaced, of those that do not tell grounds apart."""
    places = [
        i
        for i, c in enumerate(name)
        if c not in "东西南北中上下前后一二三四五六七八九十0123456789期区号院里村甲乙"
    ]
    if len(name) < 4 or not places:
        return name
    at = rng.choice(places)
    return name[:at] + rng.choice([c for c in _TYPOS if c != name[at]]) + name[at + 1 :]


def dropped(name: str, rng: random.Random) -> str:
    """One character left out."""
    places = [
        i
        for i, c in enumerate(name)
        if c not in "东西南北中上下前后一二三四五六七八九十0123456789期区号院里村甲乙"
    ]
    if len(name) < 5 or not places:
        return name
    at = rng.choice(places)
    return name[:at] + name[at + 1 :]


HARMLESS: tuple[Change, ...] = (
    wide,
    traditional,
    suffix,
    bracketed,
    numerals,
    blanks,
)
"""Ways of writing the same name."""
HARMFUL: tuple[Change, ...] = (ending, typo, dropped)
"""Mistakes, and endings used one for the other."""


def harmless(name: str, rng: random.Random) -> str:
    """Two ways of writing at once."""
    for change in rng.sample(HARMLESS, 2):
        name = change(name, rng)
    assert unicodedata.normalize("NFKC", name)
    return name
