import json

import pytest

from maps import build


def test_a_second_build_does_nothing_and_the_manifest_names_versions_and_licences() -> None:
    build.build()
    assert build.build() is False
    manifest = json.loads(build.MANIFEST.read_text(encoding="utf-8"))
    wanted = json.loads((build.ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {line["package"]: line["version"] for line in manifest["packages"]} == wanted
    assert all(line["licence"] for line in manifest["packages"])


def test_no_built_file_names_another_host() -> None:
    build.build()
    for path in build.VENDOR.rglob("*.*"):
        if path.suffix in {".js", ".css"}:
            text = path.read_text(encoding="utf-8")
            assert build.foreign_hosts(path.name, text) == []
            assert "sourceMappingURL" not in text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.css", "b{background:url(//cdn.example/x.png)}"),
        ("a.css", "b{background:url('https://cdn.example/x.png')}"),
        ("a.css", "@import '//fonts.example/css';"),
        ("a.js", 'load("https://cdn.example/d3.js")'),
        ("a.js", "img.src = '//cdn.example/x.png'"),
    ],
)
def test_a_file_that_names_another_host_is_refused(name: str, text: str) -> None:
    with pytest.raises(build.BuildError, match=r"cdn\.example|fonts\.example"):
        build._checked(name, text)


def test_namespaces_and_local_files_are_no_hosts() -> None:
    assert build.foreign_hosts("a.js", 'x("http://www.w3.org/2000/svg") // see /docs') == []
    assert build.foreign_hosts("a.css", "b{background:url(images/x.png)}") == []
    assert build.foreign_hosts("LICENSE", "https://example.com") == []


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (build.ROOT / "package-lock.json").read_text(encoding="utf-8")
