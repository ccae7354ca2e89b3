"""The ways to install: the set-up script, the container files and the CI script keep what they promise."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from sqlalchemy import text

from geo.store.cluster.binaries import choose_installation
from geo.store.engine import Scope, Store
from geo.store.prepare import prepare
from tests.conftest import Databases

ROOT = Path(__file__).parents[1]
PASSWORD = "WANGGE_DATABASE_PASSWORD"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, argument); continued lines joined, comments dropped."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines) if word]


def stages() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in instructions():
        if word == "FROM":
            found[rest.split()[-1]] = []
            current = found[rest.split()[-1]]
        current.append((word, rest))
    return found


# -- containers ---------------------------------------------------------------------------------------------


def test_no_port_of_the_database_and_the_service_on_this_machine_only(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert "ports" not in services["database"]
    assert services["app"]["ports"] == ["127.0.0.1:8080:8080"]
    assert compose["networks"]["inside"]["internal"] is True
    assert services["database"]["networks"] == ["inside"]


def test_health_is_checked_and_waited_for(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert all(service["healthcheck"]["test"][0] == "CMD" for service in services.values())
    assert services["app"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "/healthz" in services["app"]["healthcheck"]["test"][-1]
    assert any(word == "HEALTHCHECK" and "/healthz" in rest for word, rest in stages()["app"])


def test_data_outlive_the_containers(compose: dict[str, Any]) -> None:
    services = compose["services"]
    mounted = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert mounted == set(compose["volumes"])


def test_nothing_runs_as_root(compose: dict[str, Any]) -> None:
    for name in ("app", "database"):
        users = [rest for word, rest in stages()[name] if word == "USER"]
        assert users, name
        assert users[-1] not in {"root", "0"}
        assert compose["services"][name]["cap_drop"] == ["ALL"]


def test_the_password_has_no_default_and_no_copy_in_the_repository(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert "${" + PASSWORD + ":?" in text
    assert ":-" not in text.replace("127.0.0.1:8080:8080", "")
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            assert "PASSWORD" not in name or value.startswith("${"), name
    assert ".env" in (ROOT / ".gitignore").read_text().split()


def test_secrets_and_rubbish_stay_out_of_the_images() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert allowed >= {
        "api",
        "geo",
        "maps",
        "data",
        "pyproject.toml",
        "requirements.lock",
        "package-lock.json",
    }
    assert not allowed & {".env", ".git", ".venv", "node_modules", "tests"}


def test_what_the_dockerfile_copies_from_here_exists() -> None:
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            *sources, _target = rest.split()
            for source in sources:
                assert (ROOT / source).exists(), source


def test_every_package_is_installed_by_its_hash() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert installs
    for part in (part for line in installs for part in line.split("&&") if "pip install" in part):
        assert "--require-hashes" in part or "--no-deps ." in part, part


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is not installed")
def test_docker_compose_accepts_the_file(tmp_path: Path) -> None:
    command = [
        "docker-compose",
        "--file",
        str(ROOT / "docker-compose.yml"),
        "--project-directory",
        str(ROOT),
        "config",
    ]
    (tmp_path / "none").touch()
    environment = {key: value for key, value in os.environ.items() if key != PASSWORD}
    without = subprocess.run(
        [*command[:1], "--env-file", str(tmp_path / "none"), *command[1:]],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert without.returncode != 0
    assert "write it into .env" in without.stderr
    done = subprocess.run(
        command, env={**environment, PASSWORD: "secret"}, capture_output=True, text=True, check=True
    )
    read = yaml.safe_load(done.stdout)
    assert set(read["services"]) == {"app", "database"}
    assert "wangge_login:secret@database" in read["services"]["app"]["environment"]["WANGGE_DATABASE_URL"]


def test_the_runtime_lock_is_closed_and_hashed(tmp_path: Path) -> None:
    python = ROOT / ".venv" / "bin" / "python"
    if not python.exists():
        pytest.skip("no .venv in this checkout")
    done = subprocess.run(
        [python, "docker/runtime_lock.py", "requirements.lock", "pyproject.toml"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    pins = re.findall(r"^([\w.-]+)==", done.stdout, re.M)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[\[<>=]", line)[0].lower() for line in wanted} <= {name.lower() for name in pins}
    assert not {"pytest", "playwright", "mypy", "ruff"} & set(pins)
    assert {"starlette", "mako", "h11", "argon2-cffi"} <= set(pins)  # needs of needs, and of an extra
    assert done.stdout.count("--hash=sha256:") >= len(pins)


# -- scripts ------------------------------------------------------------------------------------------------


def run_script(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "run", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_run_explains_itself() -> None:
    helped = run_script("help")
    assert helped.returncode == 0
    for word in ("test", "bench", "stop", "reset", "--no-open", "WANGGE_DATA", "WANGGE_PORT"):
        assert word in helped.stdout
    wrong = run_script("dance")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "./run test" in wrong.stderr


@pytest.mark.parametrize("script", ["run", ".ci/run", "docker/login.sh"])
def test_scripts_are_sound(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    shell = path.read_text().splitlines()[0].rsplit("/")[-1].split()[-1]
    subprocess.run([shell, "-n", path], check=True)
    if shutil.which("shellcheck"):
        found = subprocess.run(
            ["shellcheck", "--format=json", path], capture_output=True, text=True, check=False
        )
        assert json.loads(found.stdout) == []


def test_ci_is_the_command_that_everyone_uses() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert re.search(r"^exec \./run test </dev/null$", script, re.M)
    assert "CI=true" in script
    assert "./run test" in (ROOT / "README.md").read_text()


def test_run_says_what_to_install_where_there_is_no_apt(tmp_path: Path) -> None:
    """A machine with the bare tools only: no apt, no Python, no PostGIS that counts."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    text = (
        (ROOT / "run")
        .read_text()
        .replace("/usr/share/postgresql", "/nowhere")
        .replace("/usr/bin/python3", "/no/python3")
    )
    (checkout / "run").write_text(text)
    (checkout / "run").chmod(0o755)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in (
        "sh",
        "id",
        "dirname",
        "uname",
        "env",
        "sed",
        "find",
        "cut",
        "sha256sum",
        "readlink",
        "mkdir",
        "rm",
        "ln",
        "useradd",
        "setpriv",
    ):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    done = subprocess.run(
        [checkout / "run"], env={"PATH": str(tools), "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.search(r"Missing: python postgis\. Install, then start again:", done.stderr), done.stderr


# -- the login of the container's database ------------------------------------------------------------------


def test_the_containers_login_can_migrate_and_serve_and_is_no_superuser(
    databases: Databases, database: str
) -> None:
    """`docker/login.sh` on a prepared database: what the database image does when its volume is new."""
    script = (ROOT / "docker" / "login.sh").read_text()
    program = choose_installation(None).tool("psql")
    done = subprocess.run(
        ["bash", "-c", script.replace("--dbname wangge", f"--dbname {database}")],
        env={"PATH": f"{program.parent}:{os.environ['PATH']}", "PGHOST": str(databases.address.host), PASSWORD: "o'hara"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        assert (done.returncode, done.stderr) == (0, "")
        url = databases.url(database, "wangge_login")
        prepare(url)
        store = Store(url)
        with store.begin(Scope(actor="os:test")) as session:
            assert session.scalar(text("SELECT current_user")) == "wangge_app"
        store.dispose()
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
            closing(connection_to(databases, database)) as one,
        ):
            one.cursor().execute("SELECT pg_read_file('/etc/passwd')")
    finally:
        databases.execute("DROP ROLE IF EXISTS wangge_login")


def connection_to(databases: Databases, database: str) -> psycopg2.extensions.connection:
    return psycopg2.connect(host=str(databases.address.host), user="wangge_login", dbname=database)
