"""What a district decides for itself (区级设置): which communities count as three-no."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from api.deps import BUSINESS, Db, RegionCode, allow
from geo.boundaries.setup import ThreeNo, define_three_no, read_settings

router = APIRouter(tags=["districts"])


class Definitions(BaseModel):
    """Three-no (三无小区) by all three flags, by any of them, or every old community."""

    model_config = ConfigDict(extra="forbid")

    three_no: ThreeNo


@router.get("/api/districts/{code}/settings", dependencies=[allow(*BUSINESS)])
def settings_of(db: Db, code: RegionCode) -> dict[str, Any]:
    """A district's definitions, and whether its data are made up."""
    return read_settings(db, code)


@router.put("/api/districts/{code}/settings", dependencies=[allow("planner")])
def define(db: Db, code: RegionCode, body: Definitions) -> dict[str, Any]:
    """Set a district's definitions: lists, maps and the pool follow at once."""
    return define_three_no(db, code, body.three_no)
