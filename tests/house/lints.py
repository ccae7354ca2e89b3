"""Lints for what neither types nor ruff can say, each named after the harm that it prevents.

A lint is a generator of (node or line, text) over one module. `LINTS` pairs each with a sample that it must find
and one that it must leave alone, so that a lint that has gone blind fails its test.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house.tree import Found, Lint, Module, called, calls, functions

SQL_WORDS = re.compile(
    r"^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|ROLE|VIEW|TEMP)|"
    r"ALTER\s+(TABLE|ROLE|SYSTEM)|DROP\s+(TABLE|ROLE|VIEW)|COPY\s+\w+\s|GRANT\s|WITH\s+\w+\s+AS\s)",
    re.IGNORECASE,
)
MARKUP = re.compile(r"<(/?(a|b|br|body|button|div|em|form|h[1-6]|head|html|i|img|input|li|link|p|script|span|strong|style|table|td|tr|ul)\b[^<]*|!doctype)", re.IGNORECASE)  # fmt: skip
EXECUTORS = ("text", "execute", "executemany", "exec_driver_sql", "scalar", "scalars", "mogrify", "copy_expert", "SQL", "DDL", "query")  # fmt: skip


# ---- SQL ------------------------------------------------------------------------------------------------------


def injected_sql(module: Module) -> Found:
    """A value pasted into a statement is run as SQL: statements are constants, values are bound."""
    constants = _constants(module.tree)
    for call in calls(module.tree, *EXECUTORS):
        if call.args and _pasted(call.args[0], constants):
            yield call, f"{called(call)}() gets a statement pasted together; bind the values"
    for node in ast.walk(module.tree):
        if _pasted(node, constants) and SQL_WORDS.match(_first_text(node)):
            yield node, "a statement is pasted together; bind the values"


def _constants(tree: ast.Module) -> set[str]:
    """Names in capitals that the module itself sets to a literal text, once."""
    found: list[str] = []
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []  # fmt: skip
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found += [target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper()]
    return {name for name in found if found.count(name) == 1}


def _pasted(node: ast.AST, constants: set[str]) -> bool:
    match node:
        case ast.JoinedStr(values=parts):
            inserts = (part.value for part in parts if isinstance(part, ast.FormattedValue))
            return not all(isinstance(each, ast.Name) and each.id in constants for each in inserts)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            sides = (left, right)
            fixed = all(isinstance(each, ast.Constant) or (isinstance(each, ast.Name) and each.id in constants) for each in sides)  # fmt: skip
            return not fixed and any(_is_text(each) for each in sides)
        case ast.Call(func=ast.Attribute(value=of, attr="format" | "join" | "replace")):
            return _is_text(of)
    return False


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _first_text(node: ast.AST) -> str:
    for below in ast.walk(node):
        if isinstance(below, ast.Constant) and isinstance(below.value, str) and below.value.strip():
            return below.value
    return ""


def query_in_the_front_door(module: Module) -> Found:
    """SQL in a route escapes the one place where queries are read, planned and reviewed."""
    if module.floor != "api":
        return
    for node in _strings(module.tree):
        if SQL_WORDS.match(node.value):
            yield node, "SQL belongs beside its domain module in geo"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy":
            for name in node.names:
                if name.name in {"text", "select", "insert", "update", "delete", "func"}:
                    yield node, f"sqlalchemy.{name.name} in api: ask geo"


def half_a_transaction(module: Module) -> Found:
    """A commit in the middle leaves half a change behind; only the store commits, at the end of a block."""
    if not module.path.startswith("geo/store/"):
        for call in calls(module.tree, "commit", "begin_nested"):
            yield call, "only geo/store commits"


def nobodys_session(module: Module) -> Found:
    """A session or connection made by hand carries no scope: row-level security would show it nothing or all."""
    if not module.path.startswith("geo/store/"):
        for call in calls(module.tree, "Session", "sessionmaker", "create_engine"):
            yield call, "sessions come from Store.begin(scope)"
        for call in calls(module.tree, "connect"):
            if ast.unparse(call.func).startswith("psycopg2"):
                yield call, "connections come from the store"


EVERYWHERE = {"geo/jobs.py", "api/demo.py", "api/commands/files.py"}
"""Who may act for every area: the worker (which then takes the area of its job) and the command line."""


def everybodys_area(module: Module) -> Found:
    """A query in the scope of every area shows one district another's data."""
    if module.path in EVERYWHERE:
        return
    for call in calls(module.tree, "Scope", "scope"):
        for node in ast.walk(call):
            if isinstance(node, ast.Tuple) and any(isinstance(e, ast.Constant) and e.value == "" for e in node.elts):  # fmt: skip
                yield call, 'the area "" is everything; take the areas of who asks'


def leaked_scope(module: Module) -> Found:
    """A setting made for the session stays in the pooled connection for the next user."""
    for node in _strings(module.tree):
        for match in re.finditer(r"set_config\(([^()]*(?:\([^()]*\)[^()]*)*)\)", node.value):
            if not re.search(r",\s*true\s*$", match[1]):
                yield node, "set_config(…, true): for this transaction only"


# ---- drawing --------------------------------------------------------------------------------------------------


def name_run_as_template(module: Module) -> Found:
    """Folium renders what it is given as a template on the server; only maps, which gives it no user data, may."""
    if module.floor == "maps":
        return
    for node in ast.walk(module.tree):
        names = [n.name for n in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []  # fmt: skip
        for name in names:
            if name.split(".")[0] in {"folium", "branca", "jinja2"}:
                yield node, f"{name} belongs to maps"


def script_in_a_name(module: Module) -> Found:
    """HTML put together from strings runs whatever a name holds; api sends JSON and the constant pages of maps."""
    if module.floor != "api":
        return
    for node in _strings(module.tree):
        if MARKUP.search(node.value):
            yield node, "no HTML in api"


def swollen_area(module: Module) -> Found:
    """Web Mercator makes an area 39 % too large at 32° north; measure geodesically or in Gauss–Krüger."""
    # tiles are in it because every map on a screen is; nothing is measured there
    if module.floor == "geo" and not module.path.startswith("geo/tiles/"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and node.value in (3857, 900913, "EPSG:3857"):
                yield node, "no Web Mercator in geo"


def _strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every text that is no docstring."""
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node


# ---- failures that nobody sees ---------------------------------------------------------------------------------


def swallowed_failure(module: Module) -> Found:
    """An error that is caught and dropped shows up later, elsewhere, as wrong data."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            if broad and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body):
                yield node, "say which error, or what is done about it"


def line_into_nowhere(module: Module) -> Found:
    """A service has no terminal: what `print` says is lost, and in a pipe it breaks what others read."""
    for call in calls(module.tree, "print", "pprint", "breakpoint"):
        if isinstance(call.func, ast.Name):
            yield call, "log it, or write to sys.stdout on purpose"


def wrong_day(module: Module) -> Found:
    """A deadline by the server's zone is a day off for eight hours a day; the business date is a setting."""
    if module.path == "geo/settings.py":
        return
    for call in calls(module.tree, "today", "utcnow"):
        if ast.unparse(call.func).split(".")[0] in {"date", "datetime"}:
            yield call, "ask settings.business_date()"
    for call in calls(module.tree, "now"):
        if ast.unparse(call.func) == "datetime.now" and not (call.args or call.keywords):
            yield call, "a moment has a zone"


def work_at_import(module: Module) -> Found:
    """What happens at import happens in every test, every command and every child process."""
    for node in module.tree.body:
        value = getattr(node, "value", None)
        if isinstance(value, ast.Call) and called(value) in {"Settings", "load_settings", "create_app", "Store", "create_engine", "basicConfig", "open_store"}:  # fmt: skip
            yield node, f"{called(value)}() at import"


def undefended_exception(module: Module) -> Found:
    """A check switched off without a reason is never switched on again."""
    for number, line in enumerate(module.source.splitlines(), 1):
        if match := re.search(r"#\s*(noqa|type:\s*ignore|pragma:\s*no cover)(\[[^]]*\]|:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)?(.*)", line):  # fmt: skip
            named, reason = match[2], match[4]
            if not named and match[1] != "pragma: no cover":
                yield number, "name the rule that is switched off"
            if len(re.sub(r"[\W_]", "", reason)) < 5:
                yield number, "say why the rule is switched off"


# ---- reading --------------------------------------------------------------------------------------------------

LONG, TOO_LONG = 60, 100


KERNEL_MAKERS = {"compiled", "bare", "inlined"}
KERNEL_MORE = 45
"""Lines that a compiled loop may have beyond others: split, it would lose the early way out."""


def unread_giant(module: Module) -> Found:
    """A function that fills two screens is changed without being read; a kernel says by its decorator or docstring that it is one."""
    for node in functions(module.tree):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if any(isinstance(each, ast.Name) and each.id in KERNEL_MAKERS for each in node.decorator_list):
            length -= KERNEL_MORE
        reasoned = re.search(
            r"\b(kernel|reads? (better )?(whole|in one))\b", ast.get_docstring(node) or "", re.I
        )
        if length > TOO_LONG or (length > LONG and not reasoned):
            yield node, f"{node.name} has {length} lines"


def drifting_loop(module: Module) -> Found:
    """Fast-math and threads sum in another order on another machine; kept in numba's own places, a loop is compiled at a click."""
    if module.path.startswith("geo/bundling/compiling/kernel_files"):
        return
    for node in ast.walk(module.tree):
        names = [n.name for n in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []  # fmt: skip
        if (
            any(name.split(".")[0] == "numba" for name in names)
            and module.path != "geo/bundling/compiling/compiled.py"
        ):
            yield node, "geo.bundling.compiling.compiled knows how loops are compiled"
        if isinstance(node, ast.keyword) and node.arg in {"fastmath", "parallel"}:
            yield node.value, f"no {node.arg}"


def word_without_meaning(module: Module) -> Found:
    """A public name of the domain that says nothing about units, CRS or errors is used wrongly by the next reader."""
    if module.floor != "geo" or "/migrations/" in module.path:
        return
    if ast.get_docstring(module.tree) is None and module.source.strip():
        yield 1, "the module says nothing about itself"
    for node in _public(module.tree.body):
        if ast.get_docstring(node) is None:
            yield node, f"{node.name} has no docstring"


def _public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


def promise_for_later(module: Module) -> Found:
    """A stub looks like a feature to whoever reads the list of functions."""
    for number, line in enumerate(module.source.splitlines(), 1):
        if re.search(r"#.*\b(TODO|FIXME|XXX|HACK)\b", line):
            yield number, "do it, or leave it out"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Raise) and node.exc is not None and "NotImplementedError" in ast.unparse(node.exc):  # fmt: skip
            yield node, "do it, or leave it out"


# ---- all of them, with a sample that each must find and one that it must not ----------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    path: str
    bad: str
    good: str


LINTS: dict[Lint, tuple[Sample, ...]] = {
    injected_sql: (
        Sample("geo/a.py", 'db.execute(f"SELECT {x}")', 'db.execute(text("SELECT :x"), {"x": x})'),
        Sample("geo/a.py", 'text("SELECT " + x)', 'C = "a"\ntext(f"SELECT {C}")'),
        Sample("geo/a.py", 'cursor.execute("SELECT %s" % x)', 'cursor.execute("SELECT %s", (x,))'),
        Sample("geo/a.py", 'text("SELECT {}".format(x))', 'SQL("SELECT {}").format(Identifier(x))'),
        Sample("geo/a.py", 's = f"DELETE FROM grid WHERE code = {x}"', 's = f"{x} of {y} rows"'),
    ),
    query_in_the_front_door: (
        Sample(
            "api/a.py",
            'q = "SELECT 1"',
            '"""Select one."""\nq = "Select a file"[7:]\nn = "selected"'.replace("Select a file", "a file"),
        ),
        Sample("api/a.py", "from sqlalchemy import text", "from sqlalchemy.orm import Session"),
    ),
    half_a_transaction: (Sample("geo/tender/a.py", "db.commit()", "db.flush()"),),
    nobodys_session: (
        Sample("api/a.py", "with Session(engine) as db: ...", "with store.begin(scope) as db: ..."),
        Sample("geo/ingest/a.py", "psycopg2.connect(url)", "event.connect(x)"),
    ),
    everybodys_area: (
        Sample("api/routes/a.py", 'Scope(actor="x", areas=("",))', 'Scope(actor="x", areas=actor.areas)'),
    ),
    leaked_scope: (
        Sample(
            "geo/a.py",
            "s = \"SELECT set_config('a', :b, false)\"",
            "s = \"SELECT set_config('a', :b, true)\"",
        ),
    ),
    name_run_as_template: (Sample("api/a.py", "import folium", "from maps.frame import render"),),
    script_in_a_name: (
        Sample("api/a.py", 'body = "<p>" + name', 'note = "one < two"'),
        Sample("api/a.py", 'body = f"<a href={x}>"', 'header = f"<{address}>; rel=next"'),
    ),
    swollen_area: (Sample("geo/a.py", "x.to_crs(3857)", "x.to_crs(4490)"),),
    swallowed_failure: (
        Sample("geo/a.py", "try: f()\nexcept Exception: pass", "try: f()\nexcept KeyError: pass"),
    ),
    line_into_nowhere: (Sample("geo/a.py", "print(1)", "log.info(1)"),),
    wrong_day: (
        Sample("geo/a.py", "d = date.today()", "d = settings.business_date()"),
        Sample("geo/a.py", "m = datetime.now()", "m = datetime.now(CHINA_TIME)"),
    ),
    work_at_import: (
        Sample("api/a.py", "settings = load_settings()", "def f():\n    return load_settings()"),
    ),
    undefended_exception: (
        Sample("geo/a.py", "x = 1  # noqa: S608", "x = 1  # noqa: S608 - a constant of this file"),
        Sample("geo/a.py", "x = 1  # type: ignore", "x = 1  # type: ignore[attr]  # the stub lacks it"),
    ),
    unread_giant: (
        Sample(
            "geo/a.py",
            "def f():\n" + "    x = 1\n" * 61,
            'def f():\n    """Read whole."""\n' + "    x = 1\n" * 60,
        ),
        Sample("geo/a.py", 'def f():\n    """Read whole."""\n' + "    x = 1\n" * 100, "def f():\n    x = 1"),
    ),
    drifting_loop: (
        Sample(
            "geo/bundling/a.py",
            "from numba import njit",
            "from geo.bundling.compiling.compiled import compiled",
        ),
        Sample(
            "geo/bundling/compiling/compiled.py",
            "numba.njit(fastmath=True)",
            "import numba\nnumba.njit(nogil=True)",
        ),
        Sample("geo/bundling/compiling/compiled.py", "numba.njit(parallel=True)", "numba.njit(nogil=True)"),
    ),
    word_without_meaning: (
        Sample("geo/a.py", '"""M."""\ndef f(): ...', '"""M."""\ndef f():\n    """F."""'),
        Sample(
            "geo/a.py", '"""M."""\nclass C:\n    """C."""\n    def f(self): ...', '"""M."""\ndef _f(): ...'
        ),
        Sample("geo/a.py", "x = 1", '"""M."""'),
    ),
    promise_for_later: (
        Sample("geo/a.py", "x = 1  # TODO later", "x = 'TODO'"),
        Sample("geo/a.py", "raise NotImplementedError", "raise ValueError"),
    ),
}
