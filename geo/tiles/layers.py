"""Which layers there are as tiles, what each feature says, and from which zoom on it stands for itself.

Farther away than that, thousands of shapes are noise to the eye as well: a tile then holds one feature for each
neighbourhood (社区) or sub-district (街道) with sums of what lies in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

MAX_ZOOM: Final = 20
OWN_SHAPE: Final = 14
"""The zoom from which a grid, a community or a building is drawn by itself."""
NEIGHBOURHOODS: Final = 11
"""The zoom from which sums are by neighbourhood, not by sub-district."""

Type = Literal["String", "Number", "Boolean"]


@dataclass(frozen=True, slots=True)
class TileLayer:
    """One layer: its name in addresses, the tables whose rows decide what a tile holds, its fields and sums.

    `shapes` and `sums` name the `.sql` files; a layer without `sums` shows its shapes at every zoom. Fields are what
    TileJSON tells: name and type. A field that is unknown is left out of the feature, never zero.
    """

    name: str
    tables: tuple[str, ...]
    fields: dict[str, Type]
    sums: dict[str, Type] | None = None
    sums_name: str = ""
    """The layer inside a tile that holds sums."""

    def by_region(self, zoom: int) -> bool:
        """Whether a tile of this zoom holds sums by region."""
        return self.sums is not None and zoom < OWN_SHAPE


def region_level(zoom: int) -> str:
    """Return the level of region (行政区划) that sums are by."""
    return "neighbourhood" if zoom >= NEIGHBOURHOODS else "subdistrict"


_NAMED: Final[dict[str, Type]] = {"code": "String", "name": "String"}
_REGION: Final[dict[str, Type]] = {**_NAMED, "level": "String", "count": "Number"}
_HOMES: Final[dict[str, Type]] = {"households": "Number", "households_unknown": "Number"}
_SERVED: Final[dict[str, Type]] = {"served": "Number", "unserved": "Number", "service_unknown": "Number"}
_THREE_NO: Final[dict[str, Type]] = {
    "three_no": "Number",
    "three_no_served": "Number",
    "three_no_unserved": "Number",
}
_SERVICE: Final = ("service_period",)

_ALL: Final = (
    TileLayer("regions", ("region",), {**_NAMED, "level": "String"}),
    TileLayer("grids", ("grid", "region"), {**_NAMED, "kind": "String"}, _REGION, "grids-by-region"),
    TileLayer(
        "communities",
        ("community", "region", "area_setting", *_SERVICE),
        {
            **_NAMED,
            "kind": "String",
            "households": "Number",
            "mode": "String",
            "served": "Boolean",
            "three_no": "Boolean",
        },
        {**_REGION, **_HOMES, **_SERVED, **_THREE_NO},
        "communities-by-region",
    ),
    TileLayer(
        "building-groups",
        ("building_group", "region", *_SERVICE),
        {**_NAMED, "stand_alone": "Boolean", "households": "Number", "mode": "String", "served": "Boolean"},
        {**_REGION, **_HOMES},
        "building-groups-by-region",
    ),
    TileLayer(
        "buildings",
        ("building", "region"),
        {**_NAMED, "floors": "Number", "households": "Number"},
        {**_REGION, **_HOMES},
        "buildings-by-region",
    ),
    TileLayer("base-features", ("base_feature",), {**_NAMED, "kind": "String"}),
)
LAYERS: Final[dict[str, TileLayer]] = {each.name: each for each in _ALL}
"""Every layer with a shape, by name."""
