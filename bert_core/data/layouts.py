"""The forms in which the data of each task is found: GLUE's own files and common tables.

Each constant is a tuple of forms for :func:`bert_core.data.texts.read_texts`, which takes the
first that a file has. Sources: the columns of GLUE's TSV files (Wang et al. 2019), of the
Microsoft paraphrase corpus, of the STS benchmark's release and of XNLI as XTREME hands it out.
"""

from dataclasses import replace

from bert_core.data.texts import Layout

_LABELS = ("label", "labels", "class", "category", "sentiment", "target", "score", "stars")
_TEXTS = ("text", "sentence", "review", "content", "comment")
_PAIRS = (
    ("text", "pair"),
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("text_a", "text_b"),
    ("text1", "text2"),
    ("question1", "question2"),
    ("question", "sentence"),
)

GENERIC = tuple(Layout(text, label, id="id") for text in _TEXTS for label in _LABELS)
"""Anybody's table of sentences with a class."""

GENERIC_PAIR = tuple(
    Layout(text, label, pair=pair, id="id")
    for text, pair in _PAIRS
    for label in (*_LABELS, "gold_label", "is_duplicate")
)
"""Anybody's table of pairs with a class."""

GENERIC_NUMBERS = tuple(replace(form, numbers=True) for form in (*GENERIC_PAIR, *GENERIC))
"""Anybody's table of sentences or pairs with a number."""

SST2 = (Layout("sentence", "label", id="id"), *GENERIC)

COLA = (
    *SST2,
    Layout(
        "sentence",
        "label",
        header=False,
        columns=("source", "label", "star", "sentence"),
        labels=("0", "1"),
    ),
)

_NLI_HEADLESS = Layout(
    "premise",
    "label",
    pair="hypothesis",
    header=False,
    columns=("premise", "hypothesis", "label"),
    labels=("entailment", "neutral", "contradiction", "-", "0", "1", "2"),
)

XNLI = (
    Layout("sentence1", "gold_label", pair="sentence2", id="pairID"),
    Layout("premise", "label", pair="hypothesis", id="id"),
    *GENERIC_PAIR,
    _NLI_HEADLESS,
)

MNLI = tuple(replace(form, no_label=("-",)) for form in XNLI)
"""As XNLI's, and ``-`` stands for a pair on which the annotators did not agree."""

MRPC = (Layout("#1 String", "Quality", pair="#2 String"), *GENERIC_PAIR)

QNLI = (Layout("question", "label", pair="sentence", id="index"), *GENERIC_PAIR)

RTE = (Layout("sentence1", "label", pair="sentence2", id="index"), *GENERIC_PAIR)

WNLI = RTE

STSB = tuple(
    replace(form, numbers=True, lowest=0.0, highest=5.0)
    for form in (
        Layout("sentence1", "score", pair="sentence2", id="index"),
        *GENERIC_PAIR,
        Layout(
            "sentence1",
            "score",
            pair="sentence2",
            header=False,
            columns=("genre", "file", "year", "id", "score", "sentence1", "sentence2"),
            extra=True,
        ),
    )
)
