"""What an installation may choose, and how it may be written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from geo.settings import Settings


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_way_to_write_postgresql_names_the_driver_that_is_installed(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://me:p%40ss@db.example:5433/map?sslmode=require")
    assert settings.database_url == "postgresql+psycopg2://me:p%40ss@db.example:5433/map?sslmode=require"


def test_without_an_address_the_database_is_our_own() -> None:
    assert Settings(database_url="").database_url is None
    assert Settings().database_url is None


@pytest.mark.parametrize(
    "address",
    ["mysql://me@db/map", "postgresql+asyncpg://me@db/map", "db.example/map", "postgres://me@db:x/map"],
)
def test_another_kind_of_database_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="write postgresql://"):
        Settings(database_url=address)
