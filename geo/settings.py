"""Every setting in one typed place: environment variables (`WANGGE_…`), or `wangge.env` in the data folder."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ENV_FILE = "wangge.env"
_POSTGRES = ("postgres", "postgresql", "postgresql+psycopg2")
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

    model_config = SettingsConfigDict(env_prefix="WANGGE_", extra="ignore", frozen=True)

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
