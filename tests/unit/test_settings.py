"""The operator's settings: where they come from, what is refused and in which words."""

import io
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined
from typer.testing import CliRunner

from bert_core.analysis.embeddings.sentences import read_table
from bert_core.cli import app
from bert_core.data.extraction.extract import extract_text
from bert_core.data.hub import fetch_hub
from bert_core.data.lines import read_lines
from bert_core.data.records import read_records
from bert_core.data.uploads import keep_upload, local_file
from bert_core.errors import CoreError, InputError, ModelError, RunError
from bert_core.model.allowed import is_allowed, named_models
from bert_core.model.choice import ModelChoice
from bert_core.model.encoder import Encoder
from bert_core.model.inventory import list_models
from bert_core.model.sources import find
from bert_core.settings import (
    COMMAND_LINE,
    FILE,
    PREFIX,
    PROJECT,
    Settings,
    SettingsError,
    in_demo,
    read_settings,
)
from bert_core.tasks.squad import read_document
from bert_core.training import runs
from bert_core.training.folder import RunFolder
from bert_core.views.settings_table import shown_settings

Write = Callable[[str], Path]
Set = Callable[..., None]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only what a test says: not what this machine's operator set."""
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path / "home"))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the settings file and name it."""

    def file(text: str) -> Path:
        path = tmp_path / "explorer.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv(FILE, str(path))
        return path

    return file


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Set variables by their short names."""

    def set_(**values: str) -> None:
        for key, value in values.items():
            monkeypatch.setenv(PREFIX + key.upper(), value)

    return set_


# ---- where they come from


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(
    write: Write, given: Set
) -> None:
    write('port = 8600\ncharacters = 5_000\nmodels = ["runs", "google-bert/bert-base-uncased"]\n')
    given(port="8700", demo="yes")
    settings = read_settings()
    assert (settings.port, settings.characters, settings.windows) == (8700, 5_000, 4_000)
    assert settings.models == ("runs", "google-bert/bert-base-uncased")
    assert settings.demo is True
    origins = {each.key: (each.origin, each.place) for each in shown_settings()}
    assert origins["port"] == ("environment", "BERT_EXPLORER_PORT")
    assert origins["characters"] == ("file", os.environ[FILE])
    assert origins["windows"] == ("default", "")


def test_lists_are_written_as_lists_in_the_file_and_as_one_string_in_a_variable(
    write: Write, given: Set, tmp_path: Path
) -> None:
    write(f'folders = ["{tmp_path}", "~"]\nmodels = []\n')
    assert read_settings().folders == (tmp_path.resolve(), Path.home().resolve())
    assert read_settings().models == ()
    given(folders=os.pathsep.join([str(tmp_path), ""]), models="runs, hub")
    assert read_settings().folders == (tmp_path.resolve(),)
    assert read_settings().models == ("runs", "hub")


def test_what_is_empty_is_not_set_and_none_takes_a_limit_away(write: Write, given: Set) -> None:
    write("runs_disk_gib = 1.5\nmemory_mib = 2_000\n")
    given(port="", runs_disk_gib="none")
    settings = read_settings()
    assert (settings.port, settings.runs_disk_gib, settings.memory_mib) == (8501, None, 2_000)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings().port = 1


# ---- what is refused


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("port", "x", "BERT_EXPLORER_PORT is 'x'; allowed is a whole number from 1 to 65,535."),
        ("port", "65536", "from 1 to 65,535"),
        ("characters", "1e4", "a whole number from 100 to 10,000,000"),
        ("demo", "maybe", "BERT_EXPLORER_DEMO is 'maybe'; allowed is yes or no."),
        ("log_level", "loud", "allowed is debug, info, warning, error."),
        ("address", "here or there", "an address of this machine"),
        ("runs_disk_gib", "-1", "a number above 0, or none"),
        ("runs_disk_gib", "inf", "a number above 0, or none"),
        ("memory_mib", "1", "a whole number from 512 to 10,000,000, or none"),
        ("folders", "~nobody-of-that-name/x", "a list of folders"),
        ("home", "~nobody-of-that-name/x", "a folder"),
        ("models", "run", "names 'run', which is neither runs, folders, hub, nor the name of a "),
        ("models", "run", "bert-base-uncased. Did you mean runs?"),
        ("models", "hub,Folder", "names 'Folder', which is neither "),
        ("models", "hub,Folder", " Did you mean folders?"),
        ("models", "readr", " Did you mean reader?"),
        ("models", "everything", "names 'everything', which is neither "),
        ("models", "run:Mine", "names 'run:Mine', which is neither "),
        ("models", "bert base", "names 'bert base', which is neither "),
        ("models", "owner/a--b", "names 'owner/a--b', which is neither "),
    ],
)
def test_a_bad_value_is_refused_with_its_key_and_what_is_allowed(
    given: Set, key: str, value: str, sentence: str
) -> None:
    given(**{key: value})
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("port = 8600.5", "port in {file} is '8600.5'; allowed is a whole number"),
        ("port = true", "port in {file} is 'True'; allowed is a whole number"),
        ("prot = 8600", "There is no setting prot (in {file}). Did you mean port?"),
        ("[server]\nport = 1", "There is no setting server (in {file})."),
        ("folders = 3", "folders in {file} is '3'; allowed is a list of folders"),
        ("port 8600", "{file} is no TOML file: "),
        ('models = ["runs", "{hub}"]', "models in {file} names '{{hub}}', which is neither "),
        ("models = [3]", "models in {file} is '[3]'; allowed is a list of runs"),
    ],
)
def test_a_bad_file_is_refused_with_its_name(write: Write, text: str, sentence: str) -> None:
    file = write(text)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert sentence.format(file=file) in str(refused.value)


def test_a_file_that_is_not_there_is_refused(given: Set, tmp_path: Path) -> None:
    given(settings=str(tmp_path / "missing.toml"))
    with pytest.raises(SettingsError, match=r"BERT_EXPLORER_SETTINGS names .*missing\.toml"):
        read_settings()


def test_an_unknown_variable_is_refused_and_the_marks_of_a_run_are_not(given: Set) -> None:
    given(run="x", lease="y", command_line="1")
    read_settings()
    given(prot="8600")
    with pytest.raises(SettingsError, match="Did you mean BERT_EXPLORER_PORT"):
        read_settings()


def test_the_readme_names_every_setting_with_its_default() -> None:
    table = (PROJECT / "README.md").read_text("utf-8").partition("| setting | default |")[2]
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (.*?) \| .+ \|$", table, re.MULTILINE)
    told = [(re.findall(r"\w+", names), default.replace("`", "")) for names, default in rows]
    assert sorted(name for names, _ in told for name in names) == sorted(Settings.model_fields)
    for names, default in told:
        found = [Settings.model_fields[name].default for name in names]
        if PydanticUndefined not in found:  # else it is this machine's
            assert default == ", ".join(map(in_words, found)), names


def in_words(default: Any) -> str:
    if isinstance(default, bool | None):
        return {True: "yes", False: "no", None: "none"}[default]
    if isinstance(default, tuple):
        return ", ".join(default)
    return f"{default:,}" if isinstance(default, int) and default != 8501 else str(default)


def test_the_token_is_never_shown(given: Set) -> None:
    short, long = "a-short-one", "a-token-that-is-long-enough"
    for wrong in (short, "with spaces in between", "größe-ist-nicht-alles", long + "\n\x7f"):
        given(api_token=wrong)
        with pytest.raises(SettingsError, match="at least 16 letters") as refused:
            read_settings()
        assert wrong not in str(refused.value)
    given(api_token=long)
    settings = read_settings()
    assert settings.api_token is not None
    assert settings.api_token.get_secret_value() == long
    shown = CliRunner().invoke(app, ["settings"])
    assert long not in shown.stdout + repr(settings)
    assert next(each.value for each in shown_settings() if each.key == "api_token") == "set"


# ---- the command line


def test_every_setting_is_printed() -> None:
    table = CliRunner().invoke(app, ["settings"])
    listed = json.loads(CliRunner().invoke(app, ["settings", "--json"]).stdout)
    assert [each["key"] for each in listed] == list(Settings.model_fields)
    assert all(each["about"] and each["allowed"] and each["value"] for each in listed)
    assert [line.split()[0] for line in table.stdout.splitlines()[1:]] == [
        each["key"] for each in listed
    ]


def test_a_bad_setting_ends_any_command_with_a_sentence(write: Write) -> None:
    file = write("port = 0")
    for command in (["settings"], ["tokenize", "A day."], ["runs"]):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 2
        assert f"error: port in {file} is '0'" in result.stderr
        assert not result.stdout


@pytest.mark.parametrize("command", [["streamlit", "run", "app.py"], ["bert_core", "serve"]])
def test_a_bad_setting_stops_the_server_with_a_sentence(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=PROJECT, capture_output=True, text=True,
        env={**os.environ, "BERT_EXPLORER_WINDOWS": "many"}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert not done.stdout, "an address where nothing is served"
    assert done.stderr.strip() == (
        "error: BERT_EXPLORER_WINDOWS is 'many'; allowed is a whole number from 1 to 1,000,000."
    )


def test_settings_with_which_no_server_would_start_are_printed_with_the_reason(
    given: Set, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    given(folders=str(gone))
    result = CliRunner().invoke(app, ["settings"])
    assert result.exit_code == 2
    assert str(gone) in result.stdout
    assert result.stderr.startswith(f"error: BERT_EXPLORER_FOLDERS names {gone}, where no folder")


def check_in(tmp_path: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """What a server looks at before anything else, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from pages._shared.start import check; check(); print('checked')"],
        cwd=PROJECT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "BERT_EXPLORER_HOME": str(tmp_path / "home"), **extra},
    )  # fmt: skip


def test_a_server_wants_the_folders_that_were_named(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("x")
    there, gone, file = (str(tmp_path / name) for name in ("there", "gone", "file"))
    settings = tmp_path / "explorer.toml"
    settings.write_text(f'folders = ["{gone}"]')
    for given_, said in (
        ({"BERT_EXPLORER_FOLDERS": f"{there}{os.pathsep}{gone}"}, f"FOLDERS names {gone}, where "),
        ({"BERT_EXPLORER_FOLDERS": file}, f"BERT_EXPLORER_FOLDERS names {file}, where no folder"),
        ({"BERT_EXPLORER_HOME": f"{file}/x"}, f"HOME is {file}/x, but {file} is no folder."),
        ({FILE: str(settings)}, f"error: folders in {settings} names {gone}, where no folder is."),
        ({"BERT_EXPLORER_MODELS": f"hub,{gone}"}, f"BERT_EXPLORER_MODELS names {gone}, where no "),
    ):
        done = check_in(tmp_path, **given_)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    done = check_in(tmp_path, BERT_EXPLORER_FOLDERS=there, BERT_EXPLORER_MODELS=f"hub,{there}")
    assert (done.returncode, done.stdout) == (0, "checked\n")
    # Whoever has no home folder has named none.
    done = check_in(tmp_path, HOME=gone)
    assert (done.returncode, done.stdout) == (0, "checked\n")


# ---- models


@pytest.mark.parametrize(
    "name",
    [
        "runs", "folders", "hub", "embedded", "reader", "run:20260101-000000-sst2-0001",
        "google-bert/bert-base-uncased", "bert-base-uncased", "distilbert-base-cased",
        "xlm-roberta-base", "camembert-base", "./mine", "/data/models/mine", "~/mine",
    ],
)  # fmt: skip
def test_a_model_may_be_named_before_it_is_here(given: Set, name: str) -> None:
    given(models=f"{name}, hub")
    assert read_settings().models == (name, "hub")


@pytest.mark.parametrize(
    ("models", "source", "allowed"),
    [
        ("", "google-bert/bert-base-uncased", True),
        ("embedded", "embedded", True),
        ("embedded", "reader", True),
        ("embedded", "google-bert/bert-base-uncased", False),
        ("embedded", "run:mine", False),
        ("embedded", "./a", False),
        ("runs", "run:mine", True),
        ("folders", "./a", True),
        ("folders", "run:mine", False),
        ("google-bert/bert-base-uncased", "google-bert/bert-base-uncased", True),
        ("google-bert/bert-base-uncased", "google-bert/bert-base-cased", False),
    ],
)
def test_models_are_opened_by_kind_or_by_name(
    given: Set, models: str, source: str, allowed: bool
) -> None:
    given(models=models)
    assert is_allowed(source) is allowed


def test_a_model_that_is_not_allowed_is_refused_with_those_that_are(given: Set) -> None:
    given(models="runs,google-bert/bert-base-uncased")
    with pytest.raises(ModelError) as refused:
        find(ModelChoice(source="somebody/else"))
    assert refused.value.field == "model"
    assert str(refused.value) == (
        "The model 'somebody/else' may not be opened here; allowed are embedded, reader, "
        "google-bert/bert-base-uncased, run:ID. The operator sets them in BERT_EXPLORER_MODELS."
    )


def test_without_the_hub_no_data_sets_are_fetched(given: Set, tmp_path: Path) -> None:
    given(models="google-bert/bert-base-uncased")
    with pytest.raises(InputError, match="Nothing may be fetched from the hub here") as refused:
        fetch_hub("hub:a/b", split="train", home=tmp_path)
    assert refused.value.field == "data"


def test_only_allowed_models_are_listed(given: Set, tmp_path: Path) -> None:
    result = tmp_path / "home" / "runs" / "mine" / "result"
    result.parent.mkdir(parents=True)
    result.symlink_to(PROJECT / "assets" / "model")
    assert "run:mine" in [each.source for each in list_models().models]
    given(models="embedded")
    assert [each.source for each in list_models().models] == ["embedded", "reader"]


# ---- limits


def test_limits_are_the_operators(given: Set, embedded: Encoder, tmp_path: Path) -> None:
    given(characters="100", document_characters="200", table_rows="3")
    with pytest.raises(InputError, match="101 characters; at most 100") as refused:
        embedded.tokenize("a" * 101)
    assert refused.value.field == "text"
    with pytest.raises(InputError, match="at most 200"):
        read_document(embedded, "a b " * 51)
    with pytest.raises(InputError, match="at most 200"):
        extract_text(b"a b " * 51, "a.txt")
    for name, text in (
        ("a.tsv", "text\na\nb\nc\n"),
        ("a.csv", 'text,label\n"a\nb",1\nb,1\nc,1\n'),
        ("a.jsonl", '{"text": "a"}\n' * 4),
        ("a.json", json.dumps([{"text": "a"}] * 4)),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match="more than 3 rows"):
            read_records(tmp_path / name)
    (tmp_path / "a.txt").write_text("a\nb\nc\nd\n")
    with pytest.raises(InputError, match="more than 3 rows"):
        read_lines(tmp_path / "a.txt")
    (tmp_path / "fits.csv").write_text('text,label\n"a\nb\nc\nd",1\nb,1\n')
    assert len(read_records(tmp_path / "fits.csv").rows) == 3


def test_uploads_are_within_the_operators_limit(given: Set, tmp_path: Path) -> None:
    given(upload_mib="1")
    with pytest.raises(InputError, match="larger than 1 MiB"):
        keep_upload(io.BytesIO(b"x" * (2**20 + 1)), "a.txt", tmp_path, limit_mib=5)
    with pytest.raises(InputError, match="at most 1 MiB"):
        extract_text(b"x" * (2**20 + 1), "a.txt")


def order(tmp_path: Path, **choices: object) -> RunFolder:
    path = tmp_path / "train.tsv"
    path.write_text("text\tlabel\nA fine day.\t1\nA grey day.\t0\n", encoding="utf-8")
    return runs.create(task="sentences", train=path, **choices)  # type: ignore[arg-type]


def test_runs_that_have_no_place_in_the_queue_are_refused(given: Set, tmp_path: Path) -> None:
    given(runs_waiting="1")
    for _ in range(2):
        folder = order(tmp_path)
        # As a process that was just started says.
        folder.write_status(folder.status.changed(pid=1, host="elsewhere", heartbeat=9e9))
    with pytest.raises(RunError, match="2 runs are at work or wait for cpu; at most 2") as refused:
        order(tmp_path)
    assert refused.value.field == "devices"
    given(runs_waiting="2")
    order(tmp_path)


def test_a_run_that_would_fill_the_disk_of_runs_is_refused(given: Set, tmp_path: Path) -> None:
    given(runs_disk_gib="0.01")
    with pytest.raises(RunError, match=r"may fill 0\.01 GiB .* keep_checkpoints"):
        order(tmp_path)
    given(runs_disk_gib="100")
    assert order(tmp_path).spec.model == "embedded"


# ---- demo mode


def refused_in_demo(call: Callable[[], object]) -> None:
    with pytest.raises(CoreError, match="demonstration for the public") as refused:
        call()
    assert refused.value.field


def test_a_demonstration_refuses_what_a_request_could_reach(given: Set, tmp_path: Path) -> None:
    folder = order(tmp_path)
    sample = PROJECT / "assets" / "samples" / "next_pairs.csv"
    given(demo="yes")
    refused_in_demo(lambda: order(tmp_path))
    for change in (runs.launch, runs.resume, runs.stop, runs.delete):
        refused_in_demo(lambda change=change: change(folder))  # type: ignore[misc]
    refused_in_demo(lambda: keep_upload(io.BytesIO(b"a"), "a.txt", tmp_path))
    refused_in_demo(lambda: extract_text(b"A day.", "a.txt"))
    refused_in_demo(lambda: read_table(b"sentence\nA day.\n", "a.csv"))
    refused_in_demo(lambda: local_file(str(sample), [PROJECT]))
    refused_in_demo(lambda: fetch_hub("hub:a/b", split="train", home=tmp_path))
    for source in ("run:mine", str(PROJECT / "assets" / "model"), "google-bert/bert-base-uncased"):
        refused_in_demo(lambda source=source: find(ModelChoice(source=source)))  # type: ignore[misc]
    assert runs.status(runs.get(folder.id)).state == "queued"
    assert not (tmp_path / "uploads").exists()
    assert find(ModelChoice()).source == "embedded"


def test_a_demonstration_opens_what_the_operator_names(given: Set) -> None:
    given(demo="yes", models="hub,runs,google-bert/bert-base-uncased")
    assert named_models() == ("embedded", "reader", "google-bert/bert-base-uncased")
    assert is_allowed("google-bert/bert-base-uncased")
    assert not is_allowed("google-bert/bert-base-cased")


def test_the_command_line_is_the_operators_own(given: Set, tmp_path: Path) -> None:
    folder = order(tmp_path)
    given(demo="yes")
    assert in_demo()
    done = subprocess.run(
        [sys.executable, "-m", "bert_core", "runs", "delete", "--yes", folder.id],
        cwd=PROJECT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert runs.list_runs() == ()


def test_a_server_started_from_the_command_line_is_the_visitors(given: Set) -> None:
    code = "import os; from pages._shared.start import check; check(); print(sorted(os.environ))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120,
        env={**os.environ, COMMAND_LINE: "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert COMMAND_LINE not in done.stdout


def test_a_login_that_is_asked_for_and_not_configured_stops_the_server(tmp_path: Path) -> None:
    for command in (["streamlit", "run", "app.py"], ["bert_core", "serve"]):
        done = started(tmp_path, command, "", BERT_EXPLORER_LOGIN="yes")
        assert done.returncode == 2
        assert done.stderr == (
            "error: login is on, but .streamlit/secrets.toml has no section [auth]; write one, or "
            "set BERT_EXPLORER_LOGIN=no.\n"
        )
        assert not done.stdout, "an address where nothing is served"
    done = started(tmp_path, ["streamlit", "run", "app.py"], "[auth\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: {tmp_path / 'secrets.toml'} cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def started(
    folder: Path, command: list[str], secrets: str, **extra: str
) -> subprocess.CompletedProcess[str]:
    """Begin to start a server whose secrets are as given; these all end at the look at them."""
    file = folder / "secrets.toml"
    file.write_text(secrets, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=PROJECT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "STREAMLIT_SECRETS_FILES": str(file), **extra},
    )  # fmt: skip


@pytest.mark.parametrize("address", ["::", "192.0.2.7", "models.example.org"])
def test_a_server_for_others_opens_no_folder_that_was_not_named(given: Set, address: str) -> None:
    assert PROJECT in read_settings().folders
    given(address=address)
    assert read_settings().folders == ()
    given(folders=str(PROJECT))
    assert read_settings().folders == (PROJECT,)


@pytest.mark.parametrize(
    ("address", "why"), [("127.0.0.1", "in use"), ("192.0.2.7", "assign"), ("999.1.1.1", "")]
)
def test_a_place_where_nothing_can_be_served_is_refused(address: str, why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "bert_core", "serve", "--address", address, "--port", port],
            cwd=PROJECT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"error: Nothing can be served at {address}, port {port}: " in done.stderr
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
