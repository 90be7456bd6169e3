"""The image, without building one: its context, its lines, and its server as another user."""

import fnmatch
import http.client
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from bert_core.settings import PROJECT
from tests.browser.conftest import free_port

SERVING = PROJECT / "assets" / "serving"
PATIENCE = 120.0  # seconds until a server answers on a busy machine
GRACE = 10.0  # seconds that Docker gives a container between SIGTERM and SIGKILL


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    text = (PROJECT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def values(name: str) -> list[str]:
    """What stands behind each instruction of a name."""
    return [value for each, value in instructions() if each == name]


def exec_form(name: str) -> list[str]:
    """The command of an instruction, which has to be a JSON list: a shell would keep signals."""
    [value] = values(name)
    command = json.loads(value[value.index("[") :])
    assert all(isinstance(word, str) for word in command)
    return list(command)


def environment() -> dict[str, str]:
    """What ENV sets."""
    return dict(word.split("=", 1) for value in values("ENV") for word in shlex.split(value))


def copied() -> list[str]:
    """What the project gives to the image: sources of COPY that come from no other stage."""
    found = [shlex.split(value) for value in values("COPY") if "--from" not in value]
    return [source for words in found for source in words[:-1]]


def is_let_in(path: str) -> bool:
    """Whether .dockerignore lets a file into the context: the last line that fits it decides."""
    places = [path, *map(str, list(PurePosixPath(path).parents)[:-1])]
    allowed = True
    for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.lstrip("!")
        if pattern and not pattern.startswith("#"):
            fits = any(_fits(place, pattern) for place in places)
            allowed = line.startswith("!") if fits else allowed
    return allowed


def _fits(place: str, pattern: str) -> bool:
    """Docker's rule: a star stops at a slash, two stars and a slash are any folders or none."""
    parts, wanted = place.split("/"), pattern.split("/")
    if wanted[0] == "**":
        parts, wanted = parts[-len(wanted) + 1 :], wanted[1:]
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def project_files() -> list[str]:
    """Files of the project that git knows or would know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [name for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file()]


def test_what_is_copied_exists_and_is_let_in() -> None:
    context = [name for name in project_files() if is_let_in(name)]
    for source in copied():
        assert any(name == source or name.startswith(f"{source}/") for name in context), source
    for needed in ("assets/model/model.safetensors", "assets/reader/model.safetensors",
                   "assets/components/common.js", ".streamlit/config.toml"):  # fmt: skip
        assert needed in context


def test_nothing_else_is_let_in() -> None:
    context = [name for name in project_files() if is_let_in(name)]
    assert {name.split("/")[0] for name in context} == set(copied_tops())
    for secret in (".streamlit/secrets.toml", ".git/config", ".env", "tests/conftest.py",
                   "requirements-dev.txt", "pages/__pycache__/main.cpython-311.pyc",
                   "assets/serving/secrets.toml", ".venv/bin/python"):  # fmt: skip
        assert not is_let_in(secret), secret


def copied_tops() -> set[str]:
    """First parts of the names that COPY takes."""
    return {source.split("/")[0] for source in copied()}


def test_the_image_is_set_up_by_the_makefile_without_test_tools(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(PROJECT / name, tmp_path)
    [line] = [value for value in values("RUN") if "make setup" in value]
    assert line.endswith("make setup")
    said = subprocess.run(
        ["make", "--no-print-directory", "-n", "setup"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "pip install" in said
    assert "-r requirements.txt" in said
    assert "requirements-dev" not in said
    assert "pytest" not in said


def test_what_begins_in_the_image_begins_the_command_in_its_own_place(tmp_path: Path) -> None:
    """The folder of models is made on a volume; signals and the status are the command's."""
    for _ in range(2):  # a volume is empty only once
        begun = subprocess.run(
            [*exec_form("ENTRYPOINT"), "sh", "-c", 'echo "$$ $1"; kill -TERM $$', "-", "two words"],
            env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert begun.stdout.endswith(" two words\n")
        assert begun.returncode == -signal.SIGTERM
        assert (tmp_path / "models").is_dir()
    kept = environment()
    assert kept["BERT_EXPLORER_FOLDERS"] == f"{kept['HOME']}/models"


def test_the_image_has_the_command_of_make_run_and_no_root() -> None:
    said = subprocess.run(
        ["make", "--no-print-directory", "-n", "run"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip().splitlines()[-1].split() == exec_form("CMD")
    [user], [created] = values("USER"), [v for v in values("RUN") if "useradd" in v]
    assert int(user) > 0
    assert f"--uid {user} " in created
    kept = environment()
    [volume] = values("VOLUME")
    for name in ("BERT_EXPLORER_FOLDERS", "BERT_EXPLORER_HOME", "HF_HOME", "HOME"):
        assert Path(kept[name]).is_relative_to(volume)


@pytest.fixture
def image(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """What the image holds, with nothing in it that can be written, and its environment."""
    app, data = tmp_path / "app", tmp_path / "data"
    data.mkdir()
    for name in filter(is_let_in, project_files()):
        if name.split("/")[0] in copied_tops() - {"Makefile", "requirements.txt"}:
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, app / name)
    (app / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    [compiling] = [value for value in values("RUN") if "compileall" in value]
    subprocess.run(shlex.split(compiling), cwd=app, check=True)
    folders = [app, *(each for each in app.rglob("*") if each.is_dir() and not each.is_symlink())]
    for folder in folders:
        folder.chmod(0o555)
    mounted = {
        name: value.replace("/data", str(data), 1) if value.startswith("/data") else value
        for name, value in environment().items()
    }
    # The container's own address would open it to the network of this machine.
    mounted |= {"BERT_EXPLORER_PORT": str(free_port()), "BERT_EXPLORER_ADDRESS": "127.0.0.1"}
    yield app, mounted
    for folder in folders:
        folder.chmod(0o755)


def without_power(command: list[str]) -> list[str]:
    """A command as a user to whom the modes of files apply, which they do not to root."""
    if os.geteuid() == 0:
        return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", *command]
    return command


def health(port: str) -> dict[str, Any] | None:
    """What the health check answers, or None where nothing does."""
    asked = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
    try:
        asked.request("GET", "/healthz")
        found: dict[str, Any] = json.load(asked.getresponse())
        return found
    except OSError:
        return None
    finally:
        asked.close()


def test_the_command_serves_from_a_folder_that_nobody_can_write(
    image: tuple[Path, dict[str, str]],
) -> None:
    app, env = image
    written = subprocess.run(without_power(["touch", "app.py.new"]), cwd=app, check=False)
    assert written.returncode != 0, "this user could write the project"
    check = without_power(exec_form("HEALTHCHECK"))
    env = {"PATH": os.environ["PATH"], **env}
    assert subprocess.run(check, cwd=app, env=env, capture_output=True, check=False).returncode
    log = app.parent / "log"
    with log.open("wb") as sink:
        server = subprocess.Popen(
            without_power([*exec_form("ENTRYPOINT"), *exec_form("CMD")]),
            cwd=app,
            env=env,
            stdout=sink,
            stderr=sink,
        )
    try:
        until = time.monotonic() + PATIENCE
        while (said := health(env["BERT_EXPLORER_PORT"])) is None:
            assert server.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until, log.read_text("utf-8")
        assert said["status"] == "ok"
        checked = subprocess.run(check, cwd=app, env=env, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr.decode()
        server.send_signal(signal.SIGTERM)
        server.wait(GRACE)
    finally:
        server.kill()
        server.wait()
    said_in_log = log.read_text("utf-8")
    assert f"BERT Explorer: http://127.0.0.1:{env['BERT_EXPLORER_PORT']}\n" in said_in_log
    assert "Traceback" not in said_in_log


def test_compose_has_two_servers_behind_a_proxy_that_knows_them() -> None:
    composed = yaml.safe_load((SERVING / "compose.yaml").read_text("utf-8"))
    services = composed["services"]
    servers = [name for name, service in services.items() if "build" in service]
    assert len(servers) == 2
    for name in servers:
        service = services[name]
        assert (SERVING / service["build"]["context"] / "Dockerfile").resolve().is_file()
        assert set(service["build"]["args"]) <= {value.split("=")[0] for value in values("ARG")}
        assert "ports" not in service, "a server beside the proxy"
        assert service["hostname"] == name
        [volume] = service["volumes"]
        assert volume.split(":") == ["data", *values("VOLUME")]
    proxy = services["proxy"]
    [address] = proxy["ports"]
    assert address.startswith("127.0.0.1:")
    file = SERVING / proxy["volumes"][0].split(":")[0]
    rules = file.read_text("utf-8")
    [upstreams] = [line.split()[1:-1] for line in rules.splitlines() if "reverse_proxy" in line]
    port = environment()["BERT_EXPLORER_PORT"]
    assert upstreams == [f"{name}:{port}" for name in servers]
    assert "lb_policy cookie" in rules
