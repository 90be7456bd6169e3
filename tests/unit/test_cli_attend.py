"""``attend``, ``heads`` and ``ablate``: the core's numbers, files whole, errors in a sentence."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from bert_core.analysis.attention.ablation import ablate, parse_heads
from bert_core.analysis.attention.attend import AttentionResult, attend
from bert_core.analysis.attention.corpus import head_statistics
from bert_core.analysis.attention.measures import MEANINGS
from bert_core.analysis.attention.ranking import rank_heads
from bert_core.analysis.attention.table import head_table
from bert_core.analysis.attention.targets import Target
from bert_core.cli import app
from bert_core.views import attention_text
from bert_core.views.attention_files import corpus_csv, corpus_record
from bert_core.views.attention_html import attention_html
from bert_core.views.records import to_record

TEXT, PAIR = "The herons wait near the [MASK] lake.", "Our ___ opened late, in winter."
NASTY = "</script><img src=x onerror=alert(1)> =1+1"


@pytest.fixture
def tiny_model(folder_of) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    return "--model", str(folder_of("bert-pretraining"))


def call(*arguments: str):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def printed(*arguments: str) -> str:
    done = call(*arguments)
    assert done.exit_code == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def written(path: Path, *arguments: str) -> Path:
    done = call(*arguments, "--out", path)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "", "only data would stand there"
    assert done.stderr.startswith(f"Wrote {path}.\n")
    assert not list(path.parent.glob("*.new"))
    return path


def npz(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def test_files_have_the_numbers_of_the_library(tmp_path, tiny_model, folder_of) -> None:  # type: ignore[no-untyped-def]
    import transformers

    found = npz(written(tmp_path / "a.npz", "attend", TEXT, PAIR, *tiny_model))
    model = transformers.AutoModel.from_pretrained(
        folder_of("bert-pretraining"), attn_implementation="eager", dtype=torch.float32
    )
    second = found["pieces"].tolist().index("[SEP]") + 1
    segments = [int(at >= second) for at in range(len(found["ids"]))]
    with torch.inference_mode():
        out = model.eval()(
            torch.tensor(found["ids"][None]),
            token_type_ids=torch.tensor([segments]),
            output_attentions=True,
        )
    expected = torch.cat(out.attentions).numpy()
    np.testing.assert_allclose(found["weights"], expected, rtol=0, atol=1e-6)
    record = json.loads(written(tmp_path / "a.json", "attend", TEXT, PAIR, *tiny_model).read_text())
    np.testing.assert_allclose(record["weights"], expected, rtol=0, atol=1e-6)
    table = written(tmp_path / "a.csv", "attend", TEXT, PAIR, *tiny_model).read_text()
    values = [float(row["weight"]) for row in csv.DictReader(io.StringIO(table))]
    np.testing.assert_allclose(np.reshape(values, expected.shape), expected, rtol=0, atol=1e-6)


WANTED = {
    "block": (("--block", "ab", "--level", "word"), {"block": "ab", "level": "word"}),
    "hidden": (("--hide-special", "--renormalise"), {"hide_special": True, "renormalise": True}),
    "one head": (("--layer", "2", "--head", "3"), {"layer": 2, "head": 3}),
    "norm": (("--measure", "norm", "--layer", "1"), {"measure": "norm", "layer": 1}),
    "rollout": (("--measure", "rollout"), {"measure": "rollout"}),
    "flow": (("--measure", "flow"), {"measure": "flow"}),
}  # fmt: skip


def same(found: dict[str, np.ndarray], expected: AttentionResult) -> None:
    np.testing.assert_allclose(found["weights"], expected.weights, rtol=0, atol=1e-6)
    for name in ("layers", "heads", "rows", "columns"):
        assert found[name].tolist() == list(getattr(expected, name))
    for name in ("measure", "level", "block"):
        assert str(found[name]) == getattr(expected, name)


@pytest.mark.parametrize("kind", WANTED)
def test_options_reach_the_core(tmp_path, tiny_bert, tiny_model, kind: str) -> None:  # type: ignore[no-untyped-def]
    options, wanted = WANTED[kind]
    found = npz(written(tmp_path / "a.npz", "attend", TEXT, PAIR, *options, *tiny_model))
    same(found, attend(tiny_bert, TEXT, PAIR, **wanted))


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ((), lambda masks: Target()),
        (
            ("--mask", "2", "--word", "bakery"),
            lambda masks: Target(position=masks[1], word="bakery"),
        ),
        (("--target", "next_sentence"), lambda masks: Target(head="next_sentence")),
    ],
    ids=["default", "word", "next sentence"],
)
def test_an_attribution_follows_what_is_asked(  # type: ignore[no-untyped-def]
    tmp_path, tiny_bert, tiny_model, options, target
) -> None:
    ask = ("attend", TEXT, PAIR, "--measure", "attribution", *options, *tiny_model)
    followed = target(tiny_bert.tokenize(TEXT, PAIR).masks)
    expected = attend(tiny_bert, TEXT, PAIR, measure="attribution", target=followed)
    same(npz(written(tmp_path / "a.npz", *ask)), expected)


def test_the_notes_are_said_but_not_among_the_data(tmp_path, tiny_model) -> None:  # type: ignore[no-untyped-def]
    done = call("attend", TEXT, "--out", tmp_path / "a.csv", "--hide-special", *tiny_model)
    assert done.stdout == ""
    assert f"Note: {MEANINGS['raw']}" in done.stderr
    assert "The hidden special pieces take" in done.stderr


def test_html_is_the_page_of_the_view(tmp_path, tiny_bert, tiny_model) -> None:  # type: ignore[no-untyped-def]
    page = written(tmp_path / "a.HTML", "attend", NASTY, *tiny_model).read_text("utf-8")
    assert "<img" not in page
    assert page.count("</script>") == attention_html(attend(tiny_bert, TEXT)).count("</script>")


def test_a_text_that_tries_to_run_is_text_in_every_file(tmp_path, tiny_model) -> None:  # type: ignore[no-untyped-def]
    ask = ("attend", NASTY, "--level", "word", *tiny_model)
    texts = ["<", "/", "script", ">", "<", "img", "=", "+"]
    assert set(texts) <= set(npz(written(tmp_path / "a.npz", *ask))["tokens"].tolist())
    record = json.loads(written(tmp_path / "a.json", *ask).read_text("utf-8"))
    assert record["tokens"]["text"] == NASTY
    table = written(tmp_path / "a.csv", *ask).read_text("utf-8")
    read = {row["to_text"] for row in csv.DictReader(io.StringIO(table))}
    assert {"'=", "'+", "<"} <= read


def test_without_a_file_there_is_a_table_of_heads(tiny_bert, tiny_model) -> None:  # type: ignore[no-untyped-def]
    result = attend(tiny_bert, TEXT, PAIR)
    table = head_table(result.weights, result.tokens)
    said = printed("attend", TEXT, PAIR, *tiny_model)
    assert said == attention_text.head_table(table, result.notes) + "\n"
    lines = said.splitlines()
    assert lines[0].split()[:3] == ["head", "pattern", "share"]
    assert [line.split()[0] for line in lines[1:9]] == [
        f"{layer}.{head}" for layer in (1, 2) for head in (1, 2, 3, 4)
    ]
    row = table.rows[6]
    assert lines[7].split() == [
        "2.3", *row.pattern.split(), f"{row.share:.2f}", f"{row.entropy:.2f}",
        f"{row.distance:.1f}", f"{row.cls:.2f}", f"{row.sep:.2f}", f"{row.punctuation:.2f}",
        f"{row.itself:.2f}", f"{row.previous:.2f}", f"{row.following:.2f}",
        f"{row.rest_of_word:.2f}", f"{row.a_to_b:.2f}", f"{row.b_to_a:.2f}",
    ]  # fmt: skip
    record = json.loads(printed("attend", TEXT, PAIR, "--json", *tiny_model))
    assert record["rows"][6] == pytest.approx(to_record(row), abs=1e-6)
    single = printed("attend", TEXT, *tiny_model)
    assert "A→B" in lines[0]
    assert "A→B" not in single


def test_the_table_of_one_head_or_layer(tiny_model) -> None:  # type: ignore[no-untyped-def]
    def names(*options: str) -> list[tuple[int, int]]:
        record = json.loads(printed("attend", TEXT, "--json", *options, *tiny_model))
        return [(row["layer"], row["head"]) for row in record["rows"]]

    assert names("--layer", "2") == [(2, 1), (2, 2), (2, 3), (2, 4)]
    assert names("--head", "3") == [(1, 3), (2, 3)]
    assert names("--layer", "1", "--head", "4") == [(1, 4)]


LINES = "The heron waits.\n\nIt is late, again.\nlake\n"


def test_heads_over_a_file(tmp_path, tiny_bert, tiny_model) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "lines.txt"
    file.write_text(LINES, encoding="utf-8")
    expected = head_statistics(tiny_bert, LINES.splitlines())
    assert printed("heads", file, *tiny_model) == attention_text.corpus(expected) + "\n"
    record = json.loads(printed("heads", file, "--json", *tiny_model))
    assert record == json.loads(json.dumps(corpus_record(expected)))
    assert (record["sentences"], [bad["row"] for bad in record["bad"]]) == (2, [2, 4])
    table = tmp_path / "heads.csv"
    done = call("heads", file, "--out", table, *tiny_model)
    assert table.read_text("utf-8").splitlines() == corpus_csv(expected).splitlines()
    assert done.stdout == ""
    assert "Left out: 2 rows.\nRow 2: The text is empty." in done.stderr


def test_a_file_of_another_encoding_is_refused(tmp_path, tiny_model) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "lines.txt"
    file.write_bytes("Der Reiher wartet früh.\n".encode("latin-1"))
    done = call("heads", file, *tiny_model)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: lines.txt: ")
    assert "UTF-8" in done.stderr


def test_ablate(tiny_bert, tiny_model) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    off = parse_heads("2.3, 1", layers=2, heads=4)
    expected = ablate(tiny_bert, tokens, off)
    ask = ("ablate", TEXT, "--heads", "2.3, 1", *tiny_model)
    said = printed(*ask)
    assert said == attention_text.ablation(expected) + "\n"
    assert said.startswith("Off: 1.1, 1.2, 1.3, 1.4, 2.3\n")
    found = json.loads(printed(*ask, "--json"))["ablation"]
    assert found["divergence"] == pytest.approx(expected.divergence, abs=1e-6)
    assert found["divergence"] > 0
    assert found["off"] == [to_record(each) for each in off]


def test_rank(tiny_bert, tiny_model) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    expected = rank_heads(tiny_bert, tokens, Target(head="next_sentence"))
    ask = ("ablate", TEXT, PAIR, "--rank", "--target", "next_sentence", *tiny_model)
    assert printed(*ask) == attention_text.ranking(expected) + "\n"
    found = json.loads(printed(*ask, "--json"))
    assert list(found) == ["ranking"]
    np.testing.assert_allclose(found["ranking"]["divergence"], expected.divergence, atol=1e-6)
    both = json.loads(printed(*ask, "--heads", "1.2", "--json"))
    assert list(both) == ["ablation", "ranking"]
    assert both["ablation"]["divergence"] == pytest.approx(expected.divergence[0, 1], abs=1e-6)
    short = attention_text.ranking(expected, most=3)
    assert "5 heads change it less." in short
    assert len([line for line in short.splitlines() if line.strip()[:2] in ("1.", "2.")]) == 3


CSV = ("--out", "CSV")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("attend", ""), "The text is empty"),
        (("attend", "heron"), "only one piece"),
        (("attend", TEXT, "--measure", "norm"), "Give --out FILE"),
        (("attend", TEXT, "--hide-special"), "Give --out FILE"),
        (("attend", TEXT, "--layer", "3"), "The layer is 3"),
        (("attend", TEXT, "--head", "0"), "The head is 0"),
        (("attend", TEXT, "--json", *CSV), "--json prints"),
        (("attend", TEXT, "--out", "a.xls"), "'a.xls' is no file that can be written"),
        (("attend", TEXT, "--out", "nowhere/a.csv"), "There is no folder"),
        (("attend", TEXT, "--layer", "3", *CSV), "The layer is 3"),
        (("attend", TEXT, "--head", "5", *CSV), "The head is 5"),
        (("attend", TEXT, "--block", "ab", *CSV), "This block needs a second text"),
        (("attend", TEXT, "--block", "ac", *CSV), "'ac' is no block"),
        (("attend", TEXT, "--level", "letter", *CSV), "'letter' is no level"),
        (("attend", TEXT, "--measure", "mean", *CSV), "'mean' is no measure"),
        (("attend", TEXT, "--measure", "rollout", "--head", "1", *CSV), "joins all heads"),
        (("attend", TEXT, "--word", "lake", *CSV), "go with --measure attribution"),
        (("attend", TEXT, "--renormalise", *CSV), "--renormalise goes with --hide-special"),
        (("attend", "It is late.", "--measure", "attribution", *CSV), "Nothing is masked"),
        (("attend", TEXT, "--measure", "attribution", "--mask", "2", *CSV), "There is no mask 2"),
        (("ablate", TEXT), "Say --heads 5.7,6.1"),
        (("ablate", TEXT, "--heads", "3.1"), "There is no head 3.1"),
        (("ablate", TEXT, "--heads", "first"), "'first' is no head"),
        (("ablate", TEXT, "--heads", " "), "No head is named"),
        (("ablate", "It is late.", "--rank"), "Nothing is masked"),
        (("ablate", TEXT, "--rank", "--target", "mood"), "'mood' is no output"),
        (("ablate", TEXT, "--rank", "--target", "next_sentence"), "type one"),
        (("ablate", TEXT, "--rank", "--target", "span"), "span"),
        (("ablate", TEXT, "--rank", "--word", "herons"), "2 word pieces"),
        (("ablate", TEXT, PAIR, "--rank", "--target", "next_sentence", "--word", "lake"),
         "--word goes with"),
        (("heads", "nowhere.txt"), "nowhere.txt"),
        (("heads", "CSV", "--out", "a.npz"), "has to end in .csv"),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence_and_leaves_files_alone(  # type: ignore[no-untyped-def]
    tmp_path, tiny_model, arguments, said: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("as it was")
    done = call(*(file if each == "CSV" else each for each in arguments), *tiny_model)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert file.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("option", ["measure", "level", "block"])
def test_a_wrong_name_is_refused_before_a_model_is_opened(tmp_path, option: str) -> None:  # type: ignore[no-untyped-def]
    nowhere = tmp_path / "no-model"
    done = call(
        "attend", TEXT, f"--{option}", "mean", "--out", tmp_path / "a.csv", "--model", nowhere
    )
    assert done.stderr.startswith(f"error: 'mean' is no {option}")


@pytest.mark.parametrize("form", ["csv", "npz", "json", "html"])
def test_a_folder_of_that_name_is_in_the_way(tmp_path, tiny_model, form: str) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / f"a.{form}"
    out.mkdir()
    done = call("attend", TEXT, "--out", out, *tiny_model)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"error: {out} is a folder. Name a file.\n"
    assert list(tmp_path.iterdir()) == [out]
