"""What the house's lints look at: every committed or new file of the repository, parsed once."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("geo", "maps", "api", "data")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: its path below the root and its tree."""

    path: str
    source: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, source: str) -> Module:
        return cls(path, source, ast.parse(source, path))

    @property
    def floor(self) -> str:
        return self.path.split("/", 1)[0]


Found = Iterator[tuple[ast.AST | int, str]]
Lint = Callable[[Module], Found]


def findings(lint: Lint, module: Module) -> list[str]:
    """What a lint says about a module, as `path:line: text`."""
    return [
        f"{module.path}:{node if isinstance(node, int) else getattr(node, 'lineno', 1)}: {text}"
        for node, text in lint(module)
    ]


@cache
def files() -> tuple[Path, ...]:
    """Every file that is committed or would be: not what .gitignore names. Without git, everything but caches."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout  # fmt: skip
        names = [name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(ROOT)) for top in FLOORS for path in (ROOT / top).rglob("*")]
        names = [name for name in names if "__pycache__" not in name and not name.startswith("maps/assets/")]
    return tuple(path for name in sorted(names) if (path := ROOT / name).is_file())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Name and content of every text file, of the given suffixes where any are given."""
    for path in files():
        if suffixes and path.suffix not in suffixes:
            continue
        try:
            yield name_of(path), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the four floors; the tests are no product."""
    return tuple(Module.of(name, text) for name, text in texts(".py") if name.split("/", 1)[0] in FLOORS)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def called(node: ast.Call) -> str:
    """The last word of what is called: `execute` of `db.execute(…)`, `Map` of `folium.Map(…)`."""
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (not names or called(node) in names):
            yield node
