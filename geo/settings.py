"""Every setting in one typed place: environment variables (`WANGGE_…`), or `wangge.env` in the data folder."""

from __future__ import annotations

import os
import re
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ENV_FILE = "wangge.env"
_POSTGRES = ("postgres", "postgresql", "postgresql+psycopg2")
BASEMAPS = ("tianditu-vec", "tianditu-img", "tianditu-ter", "amap", "amap-img", "osm", "pmtiles", "folder")
"""Base maps that can be chosen."""
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.{}:-]+(/[^\s\"';,<>]*)?")
CHINA_TIME = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time, without daylight saving, since 1991."""


def default_data() -> Path:
    """Return the data folder of this operating-system user: /var/lib/wangge for root and the service user."""
    service_home = Path("/var/lib/wangge")
    if os.geteuid() == 0 or Path.home() == service_home:
        return service_home
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "wangge"


class Settings(BaseSettings):
    """What an installation may choose. Read once, at the front door; passed down as a plain value."""

    model_config = SettingsConfigDict(
        env_prefix="WANGGE_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    data: Path = Field(default_factory=default_data)
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)
    database_url: str | None = None
    """Any PostgreSQL ≥ 15 with PostGIS ≥ 3.3; without it a private cluster runs in the data folder."""

    production: bool = False
    demo: bool = False
    """The made-up district is loaded: pages say so, and the chooser of demo people is open to link holders."""
    today: date | None = None
    """The business date (业务日期). Drives as-of defaults and deadlines; never the audit. Not in production."""

    extent: Annotated[tuple[float, float, float, float], NoDecode] = (73.0, 3.0, 136.0, 54.0)
    """West, south, east, north in degrees: geometry outside is refused. Default: China."""
    max_upload: int = Field(100 * 2**20, ge=1)
    """Bytes of one uploaded file."""
    max_body: int = Field(2 * 2**20, ge=1)
    """Bytes of any other request body."""
    min_free_share: float = Field(0.15, ge=0, lt=1)
    """Imports are refused when less of the disk than this is free."""
    secure_cookies: bool = False
    """Send cookies over HTTPS only; always so in production."""
    password_days: int = Field(0, ge=0)
    """Days after which a password must be changed; 0 lets it live. Offices under 等保 rules set 90."""
    pool_size: int = Field(10, ge=1)
    ending_days: int = Field(90, ge=0)
    """A contract that ends within so many days puts its community into the pool for tender (待招标池)."""

    basemaps: Annotated[tuple[str, ...], NoDecode] = ()
    """Base maps (底图) that pages offer beside plain ground, in this order; none: nobody outside is asked."""
    tianditu_key: SecretStr | None = None
    """The key (`tk`) of 天地图, of the kind for browsers (浏览器端): every signed-in reader's browser sends it."""
    tianditu_host: str = "https://t{s}.tianditu.gov.cn"
    tianditu_matrix: Literal["w", "c"] = "w"
    """Tiles in Web Mercator, or in degrees (EPSG:4490), as many provincial nodes alone have them."""
    amap_host: str = ""
    osm_url: str = ""
    """Where tiles of OpenStreetMap are, with {z}, {x} and {y}: its own server, under its rules, or one of yours."""
    basemap_file: Path | None = None
    """A `.pmtiles` file with pictures, for the base map `pmtiles`."""
    basemap_folder: Path | None = None
    """A folder of `z/x/y.png` (jpg, webp), for the base map `folder`."""
    basemap_shifted: bool = False
    """The tiles of that folder are in GCJ-02, as those of the map apps are."""
    basemap_credit: str = ""
    """Who made the tiles of file and folder; shown below the map."""
    basemap_approvals: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    """Review numbers (审图号) to be shown: `tianditu=GS(…)…号; amap=…`."""

    @field_validator("basemaps", mode="before")
    @classmethod
    def _known_basemaps(cls, value: object) -> object:
        names = tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value
        found = tuple(name for name in names if name) if isinstance(names, tuple | list) else ()
        if unknown := [name for name in found if name not in BASEMAPS]:
            raise ValueError(f"no base map {unknown[0]!r}: {', '.join(BASEMAPS)}")
        return found

    @field_validator("basemap_approvals", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = (part.partition("=") for part in value.split(";") if part.strip())
        return {name.strip(): text.strip() for name, _, text in pairs}

    @field_validator("tianditu_host", "amap_host", "osm_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        """Hosts go into a page's policy: nothing in them may end a rule or begin another."""
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("write https://host, with {s} where the number of a server goes")
        return value.rstrip("/")

    @field_validator("tianditu_host", "amap_host", "osm_url")
    @classmethod
    def _with_its_marks(cls, value: str, info: ValidationInfo) -> str:
        """Refuse an address whose marks a browser could not fill: it would ask for nothing, or for one tile for all."""
        wanted = {"z", "x", "y"} if info.field_name == "osm_url" and value else set()
        found = set(re.findall(r"\{([^{}]*)\}", value))
        setting = f"WANGGE_{str(info.field_name).upper()}"
        if missing := sorted(wanted - found, key="zxy".index):
            marks = ", ".join(f"{{{mark}}}" for mark in missing)
            raise ValueError(f"{setting} lacks {marks}: write https://host/{{z}}/{{x}}/{{y}}.png")
        if odd := sorted(found - wanted - {"s"}):
            raise ValueError(f"{setting} holds {{{odd[0]}}}, which nothing is put in for")
        return value

    @model_validator(mode="after")
    def _basemaps_have_what_they_need(self) -> Self:
        needs = {
            "tianditu": ("WANGGE_TIANDITU_KEY", self.tianditu_key),
            "pmtiles": ("WANGGE_BASEMAP_FILE", self.basemap_file),
            "folder": ("WANGGE_BASEMAP_FOLDER", self.basemap_folder),
            "osm": ("WANGGE_OSM_URL", self.osm_url),
        }
        for name in self.basemaps:
            setting, value = needs.get(name.partition("-")[0], ("", True))
            if not value:
                raise ValueError(f"the base map {name} needs {setting}")
        return self

    @field_validator("extent", mode="before")
    @classmethod
    def _four_numbers(cls, value: object) -> object:
        return tuple(float(part) for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _on_psycopg2(cls, value: str | None) -> str | None:
        """Name the driver that is installed: `postgresql://` alone makes SQLAlchemy look for another one."""
        scheme, colon, rest = (value or "").partition("://")
        if not value:
            return None
        try:
            if not colon or scheme not in _POSTGRES:
                raise ValueError
            return make_url(f"postgresql+psycopg2://{rest}").render_as_string(hide_password=False)
        except (ArgumentError, ValueError):
            raise ValueError("write postgresql://user:password@host:5432/database") from None

    @model_validator(mode="after")
    def _no_borrowed_date_in_production(self) -> Self:
        if self.production and (self.today is not None or self.demo):
            raise ValueError("WANGGE_TODAY and WANGGE_DEMO are for demonstrations; unset them in production")
        return self

    @cached_property
    def cookies_are_secure(self) -> bool:
        """Whether cookies carry the Secure attribute."""
        return self.secure_cookies or self.production

    def business_date(self) -> date:
        """Return the date that deadlines and as-of defaults go by (业务日期)."""
        return self.today or datetime.now(CHINA_TIME).date()


def load_settings() -> Settings:
    """Return the settings of this process: environment first, then `wangge.env` in the data folder."""
    data = Path(os.environ.get("WANGGE_DATA") or default_data())
    env_file = data / ENV_FILE
    return Settings(_env_file=env_file if env_file.is_file() else None)
