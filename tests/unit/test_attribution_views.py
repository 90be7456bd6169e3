"""Attribution on screen and on the command line: signs, order, and the core's numbers."""

import csv
import io
import json
import runpy
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from bert_core.analysis.attention.targets import Target
from bert_core.analysis.attribution.attribute import attribute, method_agreement
from bert_core.analysis.attribution.outputs import ClassTarget
from bert_core.analysis.question_words import window_tokens
from bert_core.cli import app
from bert_core.errors import InputError
from bert_core.model.choice import ModelChoice
from bert_core.tasks.squad import trace_answer
from bert_core.views.attribution_files import attribution_csv, attribution_rows
from bert_core.views.attribution_snippet import attribution_snippet
from bert_core.views.attributions import (
    agreements,
    attribution_chips,
    attribution_table,
    completeness,
)
from bert_core.views.chips import chip_payload
from bert_core.views.numbers import signed
from bert_core.views.records import to_json
from bert_core.views.snippets import tokens_line, window_lines

TEXT = "The herons wait near the [MASK] lake."


@pytest.fixture(scope="module")
def results(tiny_bert):  # type: ignore[no-untyped-def]
    """Both methods on one sentence."""
    tokens = tiny_bert.tokenize(TEXT)
    return [attribute(tiny_bert, tokens, method=each) for each in ("integrated", "gradient")]


def test_chips_show_sign_and_size(results) -> None:  # type: ignore[no-untyped-def]
    result = results[0]
    chips = attribution_chips(result)
    scores = result.outputs[0].scores
    largest = int(np.abs(scores).argmax())
    assert chips[largest].level == 1.0
    assert chips[0].level is None, "a special piece is the same in the baseline"
    for position in result.replaced:
        payload = chip_payload(chips[position])
        assert payload["side"] == ("for" if scores[position] > 0 else "against")
        assert payload["level"] == pytest.approx(abs(scores[position]) / abs(scores[largest]))
        assert signed(scores[position]) in payload["tip"]
    shown = [payload["text"] for payload in map(chip_payload, chips)]
    assert shown == [piece.removeprefix("##") for piece in result.tokens.pieces]
    assert chips[result.tokens.masks[0]].masked


def test_the_table_has_all_methods_side_by_side(results) -> None:  # type: ignore[no-untyped-def]
    table = attribution_table(results)
    titles = [column.title for column in table.columns]
    assert titles == ["piece", "Bar", "score", "left out", "gradient × input"]
    assert len(table.rows) == len(results[0].replaced)
    sizes = [abs(row.value) for row in table.rows]
    assert sizes == sorted(sizes, reverse=True)
    for row in table.rows:
        assert row.cells[1] == signed(row.value)
    json.dumps([row.value for row in table.rows])


def test_agreements_are_those_of_the_core(results) -> None:  # type: ignore[no-untyped-def]
    table = agreements(results)
    assert [row.value for row in table.rows] == [
        results[0].outputs[0].agreement.kendall,
        results[1].outputs[0].agreement.kendall,
        method_agreement(*results)[0].kendall,
    ]


def test_different_inputs_are_not_compared(tiny_bert, results) -> None:  # type: ignore[no-untyped-def]
    other = attribute(tiny_bert, tiny_bert.tokenize("The [MASK] is cold."), steps=1)
    with pytest.raises(InputError, match="different inputs"):
        method_agreement(results[0], other)


def test_completeness_is_said(results) -> None:  # type: ignore[no-untyped-def]
    found = results[0].outputs[0]
    said = completeness(results[0])
    assert said.startswith(f"Logit {signed(found.logit)}, with all pieces masked")
    assert found.error < 0.01
    assert "miss it by less than 0.01 (" in said
    apart = replace(results[0], outputs=(replace(found, error=0.256),))
    assert "miss it by 0.26" in completeness(apart)


def call(*arguments: object):
    return CliRunner().invoke(app, ["attribute", *(str(each) for each in arguments)])


def test_the_command_gives_the_cores_numbers(folder_of, tiny_bert) -> None:  # type: ignore[no-untyped-def]
    done = call(
        TEXT, "It is late.", "--word", "cold", "--baseline", "zero", "--steps", 5,
        "--model", folder_of("bert-pretraining"), "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    tokens = tiny_bert.tokenize(TEXT, "It is late.")
    found = attribute(tiny_bert, tokens, Target(word="cold"), baseline="zero", steps=5)
    printed, own = json.loads(done.stdout), json.loads(to_json(found))
    np.testing.assert_allclose(
        printed["outputs"][0]["scores"], own["outputs"][0]["scores"], atol=1e-5
    )
    assert printed["label"] == "cold"
    assert printed["replaced"] == own["replaced"]
    assert printed["outputs"][0]["error_share"] > 0


def test_a_class_is_followed(folder_of, encoder_of) -> None:  # type: ignore[no-untyped-def]
    model = "--model", folder_of("bert-classification")
    done = call(
        "The lake is cold.", "--target", "class", "--label", "LABEL_1", "--steps", 3, *model
    )
    assert done.exit_code == 0, done.stderr
    encoder = encoder_of("bert-classification")
    tokens = encoder.tokenize("The lake is cold.")
    found = attribute(encoder, tokens, ClassTarget("LABEL_1"), steps=3)
    assert completeness(found).split(":")[0] in done.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--target", "class"), "no classification head"),
        (("--label", "LABEL_1"), "--label goes with"),
        (("--target", "class", "--word", "cold"), "--word goes with"),
        (("--mask", "2"), "no mask 2"),
        (("--target", "next_sentence"), "type one"),
        (("--method", "lime"), "'lime' is no method"),
        (("--baseline", "noise"), "'noise' is no baseline"),
        (("--steps", "501"), "from 1 to 500"),
    ],
)
def test_errors_are_sentences(folder_of, options, sentence) -> None:  # type: ignore[no-untyped-def]
    done = call(TEXT, *options, "--model", folder_of("bert-pretraining"))
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert done.stdout == ""


def test_the_csv_has_exact_numbers(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    result = attribute(tiny_bert, tiny_bert.tokenize("=1+1 is [MASK]."), steps=3)
    rows = list(csv.DictReader(io.StringIO(attribution_csv([result]))))
    scores = [float(row["score_nats"]) for row in rows]
    assert scores == result.outputs[0].scores.tolist()
    left_out = [float(row["left_out_nats"]) for row in rows if row["left_out_nats"]]
    assert left_out == result.outputs[0].left_out.tolist()
    assert rows[1]["piece"] == "'="


def test_the_csv_has_all_methods(results) -> None:  # type: ignore[no-untyped-def]
    rows = list(csv.DictReader(io.StringIO(attribution_csv(results))))
    for result in results:
        own = [row for row in rows if row["method"] == result.method]
        assert [float(row["score_nats"]) for row in own] == result.outputs[0].scores.tolist()


def test_rows_of_the_same_piece_are_told_apart(results) -> None:  # type: ignore[no-untyped-def]
    notes = [row.note for row in attribution_table(results).rows]
    assert sorted(notes) == sorted(f"at position {place}" for place in results[0].replaced)


@pytest.fixture
def printed(tmp_path, capsys):  # type: ignore[no-untyped-def]
    """The rows that a snippet prints."""

    def run(script: str) -> list[dict[str, str]]:
        file = tmp_path / "snippet.py"
        file.write_text(script, encoding="utf-8")
        capsys.readouterr()
        runpy.run_path(str(file))
        return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    return run


def test_the_snippet_prints_the_numbers(folder_of, encoder_of, printed) -> None:  # type: ignore[no-untyped-def]
    choice = ModelChoice(source=str(folder_of("bert-pretraining")))
    encoder = encoder_of("bert-pretraining")
    text, pair = "It's the [MASK] lake.", 'A "cold" one.'
    tokens = encoder.tokenize(text, pair, masks=False)
    target = Target("next_sentence", follows=True)
    found = [attribute(encoder, tokens, target, method=each, baseline="zero", steps=3)
             for each in ("gradient", "integrated")]  # fmt: skip
    lines = (tokens_line(text, pair, masks=False),)
    rows = printed(attribution_snippet(choice, found, lines))
    own = [row for each in found for row in attribution_rows(each)]
    assert [row["piece"] for row in rows] == [row["piece"] for row in own]
    np.testing.assert_allclose(
        [float(row["score_nats"]) for row in rows], [row["score_nats"] for row in own], atol=1e-5
    )


def test_the_snippet_of_an_answer_prints_the_numbers(folder_of, encoder_of, printed) -> None:  # type: ignore[no-untyped-def]
    choice = ModelChoice(source=str(folder_of("bert-span")))
    encoder = encoder_of("bert-span")
    question, context = "Where does the heron wait?", "It's late. The heron waits near the lake."
    trace = trace_answer(encoder, question, context)
    tokens = window_tokens(encoder, trace, 0)
    assert tokens.ids == encoder.tokenize(question, context, masks=False).ids
    found = attribute(encoder, tokens, Target("span", span=(20, 22)), steps=2)
    rows = printed(attribution_snippet(choice, [found], window_lines(question, context, None, 0)))
    own = attribution_rows(found)
    assert [row["output"] for row in rows] == [row["output"] for row in own]
    np.testing.assert_allclose(
        [float(row["score_nats"]) for row in rows], [row["score_nats"] for row in own], atol=1e-5
    )
