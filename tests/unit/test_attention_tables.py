"""Tables of the attention page hold the core's numbers, and its lines of Python print them."""

import contextlib
import csv
import io
import json

import numpy as np
import pytest
from scipy.stats import rankdata

from bert_core.analysis.attention.ablation import HeadName, ablate
from bert_core.analysis.attention.agreement import agreement, attention_received
from bert_core.analysis.attention.attend import attend
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.measures import weigh
from bert_core.analysis.attention.ranking import rank_heads
from bert_core.analysis.attention.table import head_table
from bert_core.analysis.attention.targets import FOLLOWS, Target
from bert_core.views import attention_tables
from bert_core.views.bars import bars_payload
from bert_core.views.numbers import percent, signed
from bert_core.views.question_words import question_words
from bert_core.views.records import to_csv
from bert_core.views.snippets import attend_snippet
from bert_core.views.tables import BarTable
from bert_core.views.two_orders import two_orders, verdict

TEXT, PAIR = "The heron waits near the [MASK] lake.", "It rained in the town."
SHARES = {
    "itself": "itself",
    "previous": "previous",
    "next": "following",
    "[CLS]": "cls",
    "[SEP]": "sep",
    "punctuation": "punctuation",
    "rest of word": "rest_of_word",
    "largest": "largest",
}
ACROSS = {"A to B": "a_to_b", "B to A": "b_to_a"}


def sent(table: BarTable) -> dict:
    """What the browser gets, through JSON."""
    payload = json.dumps(bars_payload(table.rows, table.columns, table.scale), allow_nan=False)
    return json.loads(payload)


def shown(table: BarTable) -> list[list[str]]:
    return [row["cells"] for row in sent(table)["rows"]]


def values(table: BarTable) -> list[float]:
    return [row["value"] for row in sent(table)["rows"]]


# ---- heads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", [PAIR, None], ids=["pair", "single"])
def test_every_head_has_its_figures(tiny_bert, pair) -> None:  # type: ignore[no-untyped-def]
    result = attend(tiny_bert, TEXT, pair)
    table = head_table(result.weights, result.tokens)
    rows = attention_tables.head_rows(table)
    json.dumps(rows, allow_nan=False)
    assert [(row["layer"], row["head"]) for row in rows] == [
        (layer, head) for layer in (1, 2) for head in (1, 2, 3, 4)
    ]
    names = SHARES | (ACROSS if pair else {})
    for row, exact in zip(rows, table.rows, strict=True):
        figures = {"layer", "head", "pattern", "entropy, bits", "distance"}
        assert row.keys() == figures | names.keys()
        assert row["pattern"] == exact.pattern
        assert row["entropy, bits"] == exact.entropy
        assert row["distance"] == exact.distance
        for title, name in names.items():
            assert row[title] == getattr(exact, name)
    # From the weights themselves, so that no column holds another one's share.
    content = list(result.tokens.content)
    to_first = result.weights[:, :, content, 0].mean(axis=-1).ravel()
    assert [row["[CLS]"] for row in rows] == pytest.approx(to_first.tolist(), abs=1e-6)
    assert len({row["[CLS]"] for row in rows}) > 4, "the heads differ"


def test_the_file_of_the_heads_has_their_exact_figures(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    result = attend(tiny_bert, TEXT)
    table = head_table(result.weights, result.tokens)
    lines = list(csv.DictReader(io.StringIO(to_csv(table), newline="")))
    for line, row in zip(lines, table.rows, strict=True):
        assert (line["layer"], line["head"]) == (str(row.layer), str(row.head))
        assert line["pattern"] == row.pattern
        assert (float(line["entropy"]), float(line["cls"])) == (row.entropy, row.cls)
        assert (line["a_to_b"], line["b_to_a"]) == ("", ""), "a text alone has no parts"


# ---- without heads -----------------------------------------------------------------------------


def test_an_answer_with_and_without_heads(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    result = ablate(tiny_bert, tokens, [HeadName(1, 2), HeadName(2, 1)])
    table = attention_tables.ablation(result)
    assert [column.title for column in table.columns if column.kind != "bar"] == [
        "outcome", "before", "after"
    ]  # fmt: skip
    assert shown(table) == [
        [each.label, percent(each.before), percent(each.after)] for each in result.outcomes
    ]
    assert values(table) == [each.after for each in result.outcomes]
    assert sent(table)["full"] == 1.0, "bars are shares of the whole"
    assert any(before != after for _, before, after in shown(table))
    assert table.badge == f"KL {result.divergence:.4f} nats"


def test_two_outcomes_of_the_next_sentence(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("The heron waits.", PAIR)
    table = attention_tables.ablation(ablate(tiny_bert, tokens, [], Target("next_sentence")))
    assert {row[0] for row in shown(table)} == set(FOLLOWS)
    assert sum(values(table)) == pytest.approx(1)
    assert table.badge == "KL 0.0000 nats"


def test_heads_in_the_order_of_their_effect(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    result = rank_heads(tiny_bert, tiny_bert.tokenize(TEXT))
    table = attention_tables.ranking(result, most=5)
    expected = [
        [str(each.name), f"{each.divergence:.4f}", signed(each.change)] for each in result.heads[:5]
    ]
    assert shown(table) == expected
    assert values(table) == sorted(result.divergence.ravel().tolist(), reverse=True)[:5]
    assert not sent(table)["diverging"], "a divergence is never below 0"
    assert table.badge == "5 of 8 heads", "what is not shown is counted"
    assert len(attention_tables.ranking(result).rows) == 8


# ---- without words -----------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "badge"), [("piece", "14 pieces"), ("word", "13 words")])
def test_two_orders_stand_side_by_side(tiny_bert, level, badge) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    result = leave_one_out(tiny_bert, tokens, level=level)
    received = attention_received(weigh(tiny_bert, tokens), result)
    table = two_orders(result, received)
    assert (table.columns[1].title, table.badge) == (level, badge)
    rows = shown(table)
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    assert values(table) == sorted(result.divergence.tolist(), reverse=True)
    by_attention = rankdata(-received, "min")
    for row, i in zip(rows, np.argsort(-result.divergence), strict=True):
        assert row == [
            row[0],
            result.units[i].text,
            f"{result.divergence[i]:.4f}",
            f"{by_attention[i]:.0f}",
            f"{received[i]:.4f}",
            signed(result.change[i]),
        ]
    assert not sent(table)["diverging"]


def test_equal_scores_share_the_better_place(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    result = leave_one_out(tiny_bert, tiny_bert.tokenize("The heron [MASK] near."))
    places = {row[1]: row[3] for row in shown(two_orders(result, [0.2, 0.5, 0.5, 0.1]))}
    assert places == {"the": "3", "heron": "1", "near": "1", ".": "4"}


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ([1, 2, 3, 4, 5], "much the same order"),
        ([2, 1, 4, 3, 5], "much the same order"),
        ([3, 1, 2, 5, 4], "partly the same order"),
        ([3, 5, 1, 4, 2], "hardly the same order"),
        ([5, 4, 3, 2, 1], "rather the reverse order"),
    ],
)
def test_how_far_two_orders_agree_in_words(second, said) -> None:  # type: ignore[no-untyped-def]
    words = verdict(agreement([1, 2, 3, 4, 5], second), "word")
    assert words.startswith("Attention puts the 5 words in ")
    assert said in words
    assert words.endswith("So few words agree by chance, too.")
    many = verdict(agreement(range(6), range(6)), "word")
    assert many.endswith("That need not hold for another text.")


def test_where_there_is_no_agreement_the_reason_is_said() -> None:
    found = agreement([1, 1, 1], [1, 2, 3])
    assert verdict(found, "piece") == found.why_not


def test_words_of_a_question_have_bars_of_what_is_lost(encoder_of) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of("bert-span")
    tokens = encoder.tokenize("where is the heron", "the heron waits near the lake.")
    result = leave_one_out(encoder, tokens, Target("span"), level="word", sequence=0)
    table = question_words(result)
    assert [row[0] for row in shown(table)] == ["where", "is", "the", "heron"]
    assert values(table) == (-result.change).tolist()
    assert [row[1] for row in shown(table)] == [signed(-each) for each in result.change.tolist()]
    strongest = [row["emphasis"] for row in sent(table)["rows"]]
    assert strongest.index(True) == int(result.change.argmin())
    assert strongest.count(True) == 1
    assert (table.caption, table.badge) == ("What the answer hangs on", "4 words")


# ---- the same in Python ------------------------------------------------------------------------

NASTY = "it's \"quoted\" '''\\n {0} </script> # rained lake"


@pytest.mark.parametrize(
    ("text", "pair", "masked", "options", "place"),
    [
        ("The heron waits.", None, (), {}, (0, 0)),
        (TEXT, PAIR, (2, 3), {"level": "word", "block": "ab"}, (1, 3)),
        (TEXT, PAIR, (), {"hide_special": True}, (1, 0)),
        (TEXT, PAIR, (), {"hide_special": True, "renormalise": True}, (0, 2)),
        (TEXT, None, (), {"measure": "flow", "layer": 1}, (0, 0)),
        (TEXT, None, (), {"measure": "rollout"}, (1, 0)),
        (TEXT, None, (), {"measure": "attribution", "layer": 1}, (0, 1)),
        (
            "the heron",
            "a lake",
            (),
            {"measure": "attribution", "layer": 2, "target": Target("next_sentence")},
            (0, 3),
        ),
        (NASTY, "back\\slash \u202e \u05d0", (), {"measure": "norm"}, (1, 1)),
    ],
    ids=[
        "usual",
        "words",
        "hidden",
        "to 100 %",
        "flow",
        "rollout",
        "attribution",
        "of a pair",
        "nasty",
    ],
)
def test_the_lines_print_what_attend_gives(  # type: ignore[no-untyped-def]
    tiny_bert, text, pair, masked, options, place
) -> None:
    result = attend(tiny_bert, text, pair, masked=masked, **options)
    source = attend_snippet(
        tiny_bert.choice, tiny_bert.tokenize(text, pair), masked, result,
        hide="hide_special" in options, renormalise="renormalise" in options,
        target=options.get("target"), place=place,
    )  # fmt: skip
    out = io.StringIO()
    # A long row is told whole, not with dots in its middle.
    with contextlib.redirect_stdout(out), np.printoptions(threshold=100_000, linewidth=100_000):
        exec(compile(source, "snippet", "exec"), {})  # noqa: S102 - what is tested is that it runs
    shape, units, *rows = out.getvalue().splitlines()
    assert shape == str(result.weights.shape)
    assert units == str([result.units[row].text for row in result.rows])
    printed = [[float(number) for number in row.strip("[] ").split()] for row in rows]
    expected = result.weights[place].round(4)
    assert expected.any()
    np.testing.assert_array_equal(np.array(printed, dtype=np.float32), expected)
