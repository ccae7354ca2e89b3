from __future__ import annotations

from pathlib import Path

import pytest

from data.demo import District, make_district, write_files


@pytest.fixture(scope="session")
def district() -> District:
    return make_district()


@pytest.fixture(scope="session")
def office_folder(district: District, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    write_files(district, folder)
    return folder
