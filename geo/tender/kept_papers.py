"""Finished papers of rounds (已生成的招标文件), kept in the data folder under what they say: nothing is made twice.

A paper's tag is drawn from everything that stands on it. Whoever may not read a figure gets another tag, and so never
another person's file.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final

import shapely
from pydantic import BaseModel
from shapely.geometry.base import BaseGeometry

from geo.settings import Settings
from geo.tender.paper_values import Paperwork

FOLDER: Final = "papers"
_MOST: Final = 60
"""Papers that are kept at most; the ones that nobody asked for longest go first."""
_FORGOTTEN_SECONDS: Final = 30 * 86_400


def tag_of(work: Paperwork, *beside: str) -> str:
    """Return the ETag (without quotes) of a paper: the same for the same contents, another for any other.

    `beside`: what stands on it beside the round: its maker, the day it is made on, which paper it is.
    """
    told = json.dumps([work, *beside], default=_plain, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:40]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseGeometry):
        return shapely.to_wkb(value, hex=True)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return [getattr(value, each.name) for each in fields(value)]
    return str(value)


def find(settings: Settings, tag: str) -> Path | None:
    """Return a finished paper, or None where it is to be made; it counts as asked for just now."""
    path = settings.data / FOLDER / tag
    try:
        os.utime(path)
    except FileNotFoundError:
        return None
    return path


def keep(settings: Settings, tag: str, content: bytes) -> Path:
    """Keep a finished paper; it is there wholly or not at all. What nobody asks for any more is swept."""
    folder = settings.data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = folder / f".{secrets.token_hex(8)}"
    half.write_bytes(content)
    path = half.replace(folder / tag)
    _sweep(folder)
    return path


def _sweep(folder: Path) -> None:
    ages = []
    for path in folder.iterdir():
        try:
            ages.append((time.time() - path.stat().st_mtime, path))
        except FileNotFoundError:  # another thread swept it
            continue
    for place, (age, path) in enumerate(sorted(ages)):
        if place >= _MOST or age > _FORGOTTEN_SECONDS:
            path.unlink(missing_ok=True)
