"""The same in Python: the lines run as they are and print what the page shows."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.analysis.reasons import IN_THE_TEXT
from bert_core.analysis.windows import inspect
from bert_core.model.choice import ModelChoice
from bert_core.tasks.masked import fill
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.squad import AnswerResult, decide_answer, trace_answer
from bert_core.views.records import to_csv
from bert_core.views.snippets import answer_snippet, fill_snippet, inspect_snippet
from tests import tiny

NASTY = [
    ("Paris is the capital of [MASK].", None, ()),
    ("it's \"quoted\" ___ 'twice'", "She said: '''no''' \"\"\"never\"\"\"", ()),
    ("back\\slash \\n ___ \\", "{curly} %s {0}", ()),
    ("line\nbreak\r\n___ \t tab", "NUL \0 and \x1b[0m", ()),
    ("\u05d0\u05d1 \U0001f600 ___ \u2028 \u202e", None, ()),
    ("</script> ___ # not a comment", '");import os#', ()),
    ("The river carries water to the sea.", None, (2, 4)),
]
OPTIONS = {"k": 3, "strategy": "beam", "width": 2, "words_only": False}


def printed(source: str) -> list[str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "snippet", "exec"), {})  # noqa: S102 - what is tested is that it runs
    return out.getvalue().split("\n")[:-1]


@pytest.mark.parametrize(("text", "pair", "masked"), NASTY)
def test_it_prints_what_fill_gives(tiny_bert, text: str, pair: str | None, masked) -> None:
    source = fill_snippet(tiny_bert.choice, text, pair, masked, **OPTIONS)
    result = fill(tiny_bert, text, pair, masked=masked, **OPTIONS)
    expected = [
        f"{each.rank:>6} {each.word:<20} {each.probability:.6f}"
        for mask in result.masks
        for each in mask.candidates
    ]
    assert printed(source) == expected
    assert len(expected) >= 3


def test_the_usual_model_needs_no_choice(embedded) -> None:
    source = fill_snippet(
        ModelChoice(), "Paris is the capital of [MASK].", None, (),
        k=5, strategy="independent", width=5, words_only=True,
    )  # fmt: skip
    assert "bert_core.load()" in source
    (mask,) = fill(embedded, "Paris is the capital of [MASK].", k=5).masks
    assert [line.split()[1] for line in printed(source)] == [each.word for each in mask.candidates]


class Recorder:
    """Stands where the package would, to see what the lines ask of it."""

    def __init__(self) -> None:
        self.asked: dict[str, object] = {}
        self.masks: tuple[object, ...] = ()
        self.ModelChoice = ModelChoice

    def load(self, choice: ModelChoice | None = None) -> str:
        self.asked["choice"] = choice
        return "encoder"

    def fill(self, encoder: str, text: str, pair: str | None, **options: object) -> "Recorder":
        self.asked |= {"text": text, "pair": pair, **options}
        return self


@given(
    text=st.text(),
    pair=st.none() | st.text(),
    source=st.text(min_size=1).filter(str.strip),
    revision=st.none() | st.text(min_size=1),
    device=st.sampled_from(["cpu", "mps", "cuda:1"]),
    precision=st.sampled_from(["exact", "fast"]),
    masked=st.lists(st.integers(0, 500), max_size=3),
)
def test_every_value_arrives_as_it_was(
    text, pair, source, revision, device, precision, masked
) -> None:
    choice = ModelChoice(source, revision, device, precision)
    lines = fill_snippet(choice, text, pair, masked, **OPTIONS)
    package = Recorder()
    body = lines.replace("import bert_core\n", "", 1)
    assert body != lines
    exec(compile(body, "snippet", "exec"), {"bert_core": package})  # noqa: S102 - as above
    asked = dict(package.asked)
    assert (asked.pop("choice") or ModelChoice()) == choice
    assert asked.pop("masked", ()) == tuple(masked)
    assert asked == {"text": text, "pair": pair, **OPTIONS}


# ---- questions ---------------------------------------------------------------------------------

LONG = "\n".join(f"{each} {other}" for each in tiny.SENTENCES for other in tiny.SENTENCES)
ASKED = [
    ("Where is the heron?", LONG, DecodeSettings(), "google", None),
    ("Where is the heron?", LONG, DecodeSettings(3, 4, True, 2.5), "google",
     SpanSettings(48, 11, 9)),
    ("Who's \"there\"?", LONG, DecodeSettings(n_best=5), "hf", SpanSettings(60, 7, 20, True)),
    ("Where?", LONG, DecodeSettings(impossible=True), "pipeline", None),
    ("Where is \\n {0} %s?", "it's \"quoted\" '\'\'\' \\ \t </script>\r\n# {x} \U0001f600",
     DecodeSettings(impossible=True, null_threshold=-1000.0), "google", None),
]  # fmt: skip
IDS = ["usual", "all options", "run_qa", "pipeline", "no answer"]


def lines_of(result: AnswerResult) -> list[str]:
    """What a snippet prints of an answer."""
    rows = [
        f"{each.probability:.6f} {each.start:>6} {each.end:>6} {each.text}" for each in result.nbest
    ]
    return "\n".join([result.text or result.why, *rows]).split("\n")


@pytest.mark.parametrize(("question", "context", "settings", "decoder", "layout"), ASKED, ids=IDS)
def test_it_prints_what_answer_gives(
    encoder_of, question, context, settings, decoder, layout
) -> None:
    encoder = encoder_of("bert-span")
    trace = trace_answer(encoder, question, context, layout=layout)
    result = decide_answer(trace, settings, decoder=decoder)
    assert len(result.nbest) > 1
    given = (encoder.choice, question, context, settings, decoder, layout)
    assert printed(answer_snippet(*given)) == lines_of(result)


@pytest.mark.parametrize(("question", "context", "settings", "decoder", "layout"), ASKED, ids=IDS)
def test_it_prints_what_inspect_gives(
    encoder_of, question, context, settings, decoder, layout
) -> None:
    encoder = encoder_of("bert-span")
    trace = trace_answer(encoder, question, context, layout=layout)
    table = to_csv(inspect(trace, settings, decoder=decoder, rules=IN_THE_TEXT))
    given = (encoder.choice, question, context, settings, decoder, layout)
    assert printed(inspect_snippet(*given, None, 200)) == table.split("\n")
    assert len(table.splitlines()) > 40 or decoder != "google"


def test_a_long_document_is_opened_as_a_file(encoder_of, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"Été \U0001f600\r\n{LONG}"
    (tmp_path / "document.txt").write_bytes(text.encode("utf-8"))
    encoder = encoder_of("bert-span")
    given = (encoder.choice, "Where is the heron?", None, DecodeSettings(), "google", None)
    trace = trace_answer(encoder, "Where is the heron?", text)
    assert printed(answer_snippet(*given)) == lines_of(decide_answer(trace, DecodeSettings()))
    table = to_csv(inspect(trace, DecodeSettings(), rules=IN_THE_TEXT))
    assert printed(inspect_snippet(*given, None, 200)) == table.split("\n")


def test_only_what_was_changed_is_named(encoder_of) -> None:
    question, context, *_ = ASKED[0]
    usual = (question, context, DecodeSettings(), "google", None)
    lines = answer_snippet(ModelChoice("reader"), *usual).splitlines()
    assert "encoder = bert_core.load(bert_core.ModelChoice(source='reader'))" in lines
    assert f"result = bert_core.answer(encoder, {question!r}, context)" in lines
    shown = inspect_snippet(ModelChoice("reader"), *usual, None, 12).splitlines()
    assert f"trace = trace_answer(encoder, {question!r}, context)" in shown
    assert (
        shown[-1] == "print(to_csv(inspect(trace, DecodeSettings(), rules=IN_THE_TEXT, most=12)))"
    )
