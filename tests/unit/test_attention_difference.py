"""A difference: two forward passes subtracted where units stand for each other, else refused."""

import contextlib
import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bert_core.analysis.attention.alignment import align, aligned, same_input
from bert_core.analysis.attention.attend import AttentionResult, attend, view
from bert_core.analysis.attention.difference import Compared, compare_attention
from bert_core.analysis.attention.measures import Weighed, weigh
from bert_core.cli import app
from bert_core.errors import InputError
from bert_core.model.tokens import Tokens
from bert_core.views.attention_files import attention_json, attention_npz
from bert_core.views.attention_html import attention_html
from bert_core.views.attention_levels import quantise
from bert_core.views.bertviz_frames import head_view_html
from bert_core.views.difference_snippet import difference_snippet
from tests.unit.made_attention import inputs, random_weights, seeds, tokens_of

TEXT = "The heron waits near the cold lake."
OTHER = "The heron waits near the warm lake."
LONGER = "The grey heron waits near every cold lake in winter."
PAIR = "It is late."


def names(result: AttentionResult) -> list[str]:
    return [result.units[row].text for row in result.rows]


def by_the_library(folder, tokens: Tokens) -> np.ndarray:  # type: ignore[no-untyped-def]
    import transformers

    model = transformers.AutoModel.from_pretrained(
        folder, attn_implementation="eager", dtype=torch.float32
    )
    with torch.inference_mode():
        out = model.eval()(
            torch.tensor([tokens.ids]),
            token_type_ids=torch.tensor([tokens.segments]),
            output_attentions=True,
        )
    return torch.cat(out.attentions).numpy()


def made(text: str, pair: str | None = None, *, seed: int = 0, layers: int = 2, **shown):  # type: ignore[no-untyped-def]
    """A result of random weights over a text, ``|`` parting pieces."""
    tokens = tokens_of(text, pair)
    weights = random_weights(seed, layers, 3, len(tokens), len(tokens))
    numbers = tuple(range(1, layers + 1))
    return view(Weighed("made", tokens, "raw", numbers, (1, 2, 3), weights, ("A note.",)), **shown)


# ---- against direct forward passes --------------------------------------------------------------


def test_two_models_on_one_text(encoder_of, folder_of) -> None:  # type: ignore[no-untyped-def]
    first, second = encoder_of("bert-pretraining"), encoder_of("bert-cased")
    text = TEXT.lower()  # which both cut into the same pieces
    this = attend(first, text, PAIR.lower(), masked=(3,))
    tokens = same_input(this.tokens, second)
    assert tokens.pieces == this.tokens.pieces
    assert tokens.masks == this.tokens.masks == (3,)
    other = attend(second, text, PAIR.lower(), masked=tokens.masks)
    found = compare_attention(this, other)
    expected = [
        by_the_library(folder_of(name), side.tokens)
        for name, side in (("bert-pretraining", this), ("bert-cased", other))
    ]
    shown = found.difference
    np.testing.assert_allclose(shown.weights, expected[0] - expected[1], rtol=0, atol=1e-6)
    assert shown.weights.min() < -0.01
    np.testing.assert_array_equal(found.this.weights, this.weights)
    np.testing.assert_array_equal(found.other.weights, other.weights)
    assert names(shown) == list(this.tokens.pieces)
    assert shown.minus == second.label
    assert f"{first.label} minus those of {second.label}." in shown.notes[0]
    largest = np.maximum(expected[0].max(axis=(2, 3)), expected[1].max(axis=(2, 3)))
    np.testing.assert_allclose(found.largest, largest, atol=1e-6)


def test_a_minimal_pair(tiny_bert, folder_of) -> None:  # type: ignore[no-untyped-def]
    this, other = attend(tiny_bert, TEXT), attend(tiny_bert, OTHER)
    shown = compare_attention(this, other).difference
    folder = folder_of("bert-pretraining")
    expected = by_the_library(folder, this.tokens) - by_the_library(folder, other.tokens)
    np.testing.assert_allclose(shown.weights, expected, rtol=0, atol=1e-6)
    assert names(shown)[6] == "cold / warm"
    assert names(shown)[:6] == list(this.tokens.pieces[:6])
    assert f"'{TEXT}' minus those of '{OTHER}'." in shown.notes[0]
    assert "Different in the same place: 'cold / warm'." in shown.notes
    assert not any("counterpart" in note for note in shown.notes)


def test_words_without_a_counterpart_are_left_out_and_counted(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    this, other = attend(tiny_bert, TEXT), attend(tiny_bert, LONGER)
    found = compare_attention(this, other)
    kept = ["[CLS]", "the", "heron", "waits", "near", "every", "cold", "lake", ".", "[SEP]"]
    assert names(found.other) == kept
    assert names(found.this) == names(this)
    assert names(found.difference)[5] == "the / every"
    here, there = list(found.this.rows), list(found.other.rows)
    expected = this.weights[:, :, here][..., here] - other.weights[:, :, there][..., there]
    np.testing.assert_array_equal(found.difference.weights, expected)
    for result in (found.this, found.other, found.difference):
        assert (
            "0 of 10 pieces here and 3 of 13 on the other side have no counterpart and are left "
            "out." in result.notes
        )
    for side in (found.this, found.other):
        whole = side.weights.sum(axis=-1) + side.hidden + side.outside
        np.testing.assert_allclose(whole, 1, atol=1e-6)


@pytest.mark.parametrize("measure", ["norm", "rollout", "flow"])
def test_other_measures(tiny_bert, measure) -> None:  # type: ignore[no-untyped-def]
    this, other = (attend(tiny_bert, text, measure=measure) for text in (TEXT, OTHER))
    shown = compare_attention(this, other).difference
    np.testing.assert_array_equal(shown.weights, this.weights - other.weights)
    assert (shown.layers, shown.heads, shown.measure) == (this.layers, this.heads, measure)


def test_other_pieces_of_one_text(tiny_bert, tiny_roberta) -> None:  # type: ignore[no-untyped-def]
    this = attend(tiny_bert, TEXT, PAIR, masked=(2,))
    tokens = same_input(this.tokens, tiny_roberta)
    assert len(tokens.masks) >= 1
    other = view(weigh(tiny_roberta, tokens))
    found = compare_attention(this, other)
    assert len(found.pairs) >= 6
    for one, two in found.pairs:
        here, there = this.units[one], other.units[two]
        assert (here.sequence, here.span) == (there.sequence, there.span)
        assert here.special == there.special
    assert names(found.this) == names(found.difference), "one text: nothing has two names"


# ---- alignment ----------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from("abcde"), max_size=8)


@given(WORDS, WORDS, st.booleans())
def test_alignment_rises_and_pairs_what_is_alike(
    first: list[str], second: list[str], replaced: bool
) -> None:
    pairs = aligned(first, second, replaced=replaced)
    assert all(one < two for side in zip(*pairs, strict=True) for one, two in zip(side, side[1:]))  # noqa: B905, RUF007
    if not replaced:
        assert all(first[one] == second[two] for one, two in pairs)
    assert aligned(first, first) == [(at, at) for at in range(len(first))]


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=8), st.data())
def test_one_changed_word_faces_its_place(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    changed = [*words[:at], "z", *words[at + 1 :]]
    assert aligned(words, changed) == [(place, place) for place in range(len(words))]


@given(inputs, inputs)
def test_sides_and_special_pieces_keep_to_themselves(one: Tokens, other: Tokens) -> None:
    sides = [
        view(Weighed("made", each, "raw", (1,), (1,), random_weights(0, 1, 1, size, size), ()))
        for each, size in ((one, len(one)), (other, len(other)))
    ]
    found = align(*sides)
    assert set(found.replaced) <= set(found.pairs)
    for here, there in found.pairs:
        first, second = sides[0].units[here], sides[1].units[there]
        assert (first.side, first.special) == (second.side, second.special)
        alike = first.text == second.text
        assert first.special or alike == ((here, there) not in found.replaced)


@given(inputs, seeds, st.sampled_from(["piece", "word"]))
def test_nothing_is_left_of_a_side_minus_itself(tokens: Tokens, seed: int, level) -> None:  # type: ignore[no-untyped-def]
    weights = random_weights(seed, 2, 2, len(tokens), len(tokens))
    one = view(Weighed("made", tokens, "raw", (1, 2), (1, 2), weights, ()), level=level)
    found = compare_attention(one, one)
    assert not found.difference.weights.any()
    assert "Both sides are the same, number for number." in found.difference.notes
    assert found.this.rows == found.other.rows == one.rows
    assert found.this.weights is one.weights, "what stays whole is not copied"
    other = replace(one, weights=random_weights(seed + 1, *one.weights.shape))
    there, back = compare_attention(one, other), compare_attention(other, one)
    np.testing.assert_array_equal(there.difference.weights, -back.difference.weights)


# ---- parts, scales, notes -----------------------------------------------------------------------


def test_a_part_of_a_pair(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    options = dict(block="ab", hide_special=True, renormalise=True)
    this = attend(tiny_bert, TEXT, PAIR, **options)
    other = attend(tiny_bert, TEXT, "It is cold and late.", **options)
    found = compare_attention(this, other)
    assert names(found.difference) == names(this)
    columns = [found.difference.units[column].text for column in found.difference.columns]
    assert columns == ["it", "is", "late", "."]
    at = [other.columns.index(column) for column in found.other.columns]
    np.testing.assert_array_equal(found.other.weights, other.weights[..., at])
    side = found.other
    whole = side.weights.sum(axis=-1) * (1 - side.hidden) + side.hidden + side.outside
    np.testing.assert_allclose(whole, 1, atol=1e-5)
    notes = found.difference.notes
    assert sum(note.startswith("Here: The hidden special pieces") for note in notes) == 1
    assert sum(note.startswith("The other side: The hidden") for note in notes) == 1
    assert notes.count(this.notes[0]) == 1, "what holds for both is said once"


def test_both_sides_are_drawn_on_one_scale() -> None:
    this, other = made("heron late"), made("heron is", seed=1)
    weights = this.weights.copy()
    weights[0, 0] /= 2  # so that the largest of this head is on the other side
    found = compare_attention(replace(this, weights=weights), other)
    largest = np.maximum(found.this.weights.max((2, 3)), found.other.weights.max((2, 3)))
    for scale, expected in (("head", largest), ("shared", np.full((2, 3), largest.max()))):
        for side in (found.this, found.other):
            levels = quantise(side.weights, scale, largest=found.largest)  # type: ignore[arg-type]
            np.testing.assert_allclose(levels.full, expected)
            step = levels.full[..., None, None] / 255
            assert np.abs(levels.values * step - side.weights).max() <= step.max() / 2 + 1e-6


def test_a_long_text_is_quoted_in_part() -> None:
    long = " ".join(["heron"] * 60)
    shown = compare_attention(made(long), made(f"{long} late")).difference
    assert len(shown.notes[0]) < 400
    assert "…" in shown.notes[0]
    assert shown.minus == f"'{long} late'"


# ---- refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("this", "other", "field", "said"),
    [
        (made("heron is"), made("heron is", layers=1), "layer",
         "Here there is 2 layers with 3 heads, on the other side layer 1 with 3 heads."),
        (made("heron is"), made("heron is", head=2), "layer", "2 layers with head 2."),
        (made("heron is"), made("late , .", seed=1), "text", "no piece in common"),
        (made("heron is", level="word"), made("heron is"), "level", "same level"),
        (made("heron", "late"), made("heron", "late", block="ab"), "block", "same block"),
        (made("heron", "late late", block="ab", hide_special=True),
         made("heron", "is", block="ab", hide_special=True), "block", "Choose another part."),
        (made("heron is"), replace(made("heron is"), measure="norm"), "measure", "'norm'"),
    ],
    ids=["layers", "one head", "strangers", "level", "block", "part", "measure"],
)  # fmt: skip
def test_what_cannot_be_subtracted(
    this: AttentionResult, other: AttentionResult, field: str, said: str
) -> None:
    with pytest.raises(InputError, match=r"\.$") as caught:
        compare_attention(this, other)
    assert caught.value.field == field
    assert said in str(caught.value)


# ---- files, lines of Python, command line -------------------------------------------------------


@pytest.fixture(scope="module")
def compared(tiny_bert) -> Compared:  # type: ignore[no-untyped-def]
    return compare_attention(attend(tiny_bert, TEXT), attend(tiny_bert, OTHER))


def test_files_say_what_was_subtracted(compared: Compared) -> None:
    shown = compared.difference
    with np.load(io.BytesIO(attention_npz(shown)), allow_pickle=False) as file:
        assert str(file["minus"]) == shown.minus == f"'{OTHER}'"
        np.testing.assert_array_equal(file["weights"], shown.weights)
    record = json.loads(attention_json(shown))
    assert record["minus"] == shown.minus
    page = attention_html(shown)
    assert "minus &#39;The heron" in page
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert data["grid"]["signed"]
    assert data["grid"]["notes"][0] == "layer 1, head 1", "no pattern of weights below 0"
    with pytest.raises(InputError, match="a difference has values below 0"):
        head_view_html(shown)


@pytest.mark.parametrize("shown", ["difference", "this", "other"])
def test_the_lines_print_what_is_shown(tiny_bert, tiny_cased, shown: str) -> None:  # type: ignore[no-untyped-def]
    this = attend(tiny_bert, TEXT, masked=(3,), level="word", hide_special=True)
    masked = same_input(this.tokens, tiny_cased).masks
    other = attend(tiny_cased, TEXT, masked=masked, level="word", hide_special=True)
    source = difference_snippet(
        (tiny_bert.choice, this),
        (tiny_cased.choice, other),
        shown=shown,
        hide=True,
        place=(1, 2),  # type: ignore[arg-type]
    )
    out = io.StringIO()
    with contextlib.redirect_stdout(out), np.printoptions(threshold=100_000, linewidth=100_000):
        exec(compile(source, "snippet", "exec"), {})  # noqa: S102 - what is tested is that it runs
    expected: AttentionResult = getattr(compare_attention(this, other), shown)
    shape, units, *rows = out.getvalue().splitlines()
    assert shape == str(expected.weights.shape)
    assert units == str(names(expected))
    printed = [[float(number) for number in row.strip("[] ").split()] for row in rows]
    np.testing.assert_allclose(printed, expected.weights[1, 2], atol=6e-5)


def call(*arguments: object):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_attend_against_another_text(tmp_path, tiny_bert, folder_of) -> None:  # type: ignore[no-untyped-def]
    out, model = tmp_path / "a.csv", ("--model", folder_of("bert-pretraining"))
    done = call("attend", TEXT, PAIR, "--against", OTHER, "--against-pair", PAIR,
                "--out", out, "--layer", 2, *model)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert f"Note: Weights of '{TEXT}' with '{PAIR}' minus those of '{OTHER}'" in done.stderr
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert "weight" not in rows[0], "it is called what it is"
    this, other = (attend(tiny_bert, text, PAIR, layer=2) for text in (TEXT, OTHER))
    found = np.array([float(row["difference"]) for row in rows], dtype=np.float32)
    np.testing.assert_allclose(found, (this.weights - other.weights).ravel(), atol=1e-6)
    assert {"cold / warm"} <= {row["from_text"] for row in rows}


def test_attend_against_another_model(tmp_path, tiny_bert, tiny_cased, folder_of) -> None:  # type: ignore[no-untyped-def]
    out, model = tmp_path / "a.npz", ("--model", folder_of("bert-pretraining"))
    text = TEXT.lower().replace("cold", "[MASK]")
    done = call("attend", text, "--against-model", folder_of("bert-cased"), "--out", out,
                "--measure", "attribution", "--word", "cold", *model)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    with np.load(out, allow_pickle=False) as file:
        assert str(file["minus"]) == tiny_cased.label
        assert file["weights"].shape[:2] == (2, 4)
        assert file["weights"].min() < 0 < file["weights"].max()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--against", OTHER), "Give --out FILE"),
        (("--against-pair", PAIR, "--out", "OUT"), "--against-pair goes with --against."),
        (("--against", OTHER, "--against-model", "x", "--out", "OUT"), "one difference at a time"),
        (("--against", " ", "--out", "OUT"), "The text is empty"),
        (("--against", "Snow , snow", "--out", "OUT"), "no piece in common"),
        (("--against-model", "no/such/folder", "--out", "OUT"), "no/such/folder"),
    ],
)
def test_attend_refuses_in_a_sentence(tmp_path, folder_of, arguments, said: str) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "a.csv"
    done = call("attend", TEXT, *(out if each == "OUT" else each for each in arguments),
                "--model", folder_of("bert-pretraining"))  # fmt: skip
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert not out.exists()
