"""How a file of questions is read, and what an evaluation was asked for."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from importlib import metadata
from pathlib import Path

from bert_core import __version__
from bert_core.checks import number, whole_number
from bert_core.evaluation.gold import Gold
from bert_core.model.encoder import Encoder
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import Decoder
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.spans.lengths import fitting
from bert_core.tasks.squad import MAX_ANSWER, MAX_BEST

MOST_QUESTIONS = 100_000_000
_LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")
_MODEL_FILES = (
    "config.json", "model*.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
    "vocab.json", "merges.txt", "sentencepiece.bpe.model",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How questions are read and answered; None stands for what fits model and file.

    Attributes:
        decoder: by whose rules answers are chosen.
        impossible: whether a question may have no answer (SQuAD 2.0); None: if one of
            those that are asked has none.
        null_threshold: no answer if its score leads by more than this, in nats.
        n_best: candidates, 1 to 200.
        max_answer_length: longest answer in word pieces, 1 to 512.
        max_seq_length: longest input in word pieces; None: 384, or less where the model reads less.
        doc_stride: step between windows, or what they share; None: 128, or less.
        max_query_length: longest question in word pieces; None: 64, or less.
        overlap: whether ``doc_stride`` is what two windows share; None: with the decoders of
            transformers, whose scripts count so.
        limit: only the first so many questions; None: all.
    """

    decoder: Decoder = "google"
    impossible: bool | None = None
    null_threshold: float = 0.0
    n_best: int = 20
    max_answer_length: int = 30
    max_seq_length: int | None = None
    doc_stride: int | None = None
    max_query_length: int | None = None
    overlap: bool | None = None
    limit: int | None = None

    def check(self) -> None:
        """Refuse numbers out of range.

        Raises:
            InputError: one of them is.
        """
        whole_number("n_best", self.n_best, MAX_BEST, field="n_best")
        longest = self.max_answer_length
        whole_number("max_answer_length", longest, MAX_ANSWER, field="max_answer_length")
        if self.limit is not None:
            whole_number("limit", self.limit, MOST_QUESTIONS, field="limit")
        number("null_threshold", self.null_threshold, field="null_threshold")

    def layout(self, max_pieces: int, *, specials: int) -> SpanSettings:
        """Lengths of windows for a model that reads ``max_pieces`` at once."""
        given = {
            name: getattr(self, name)
            for name in ("max_seq_length", "doc_stride", "max_query_length", "overlap")
            if getattr(self, name) is not None
        }
        usual = fitting(None, max_pieces, specials=specials)
        return replace(usual, **{"overlap": self.decoder != "google", **given})


@dataclass(frozen=True, slots=True)
class Asked:
    """All that decides what the answers to a file are: the contents of evaluation.json.

    Attributes:
        data: the file of questions.
        data_sha256: of its bytes.
        limit: only the first so many questions were asked; None: all.
        model: name of the model, see :attr:`Encoder.label`.
        model_sha256: of its configuration, weights and tokenizer.
        device: where it computed.
        precision: how exactly.
        decoder: by whose rules answers were chosen.
        impossible: whether a question might have no answer (SQuAD 2.0).
        null_threshold: no answer if its score leads by more than this, in nats.
        n_best: candidates of each question.
        max_answer_length: longest answer in word pieces.
        max_seq_length: longest input in word pieces.
        doc_stride: step between windows, or with ``overlap`` what they share.
        max_query_length: longest question in word pieces.
        overlap: see ``doc_stride``.
        versions: of this program and of libraries.
    """

    data: str
    data_sha256: str
    limit: int | None
    model: str
    model_sha256: str
    device: str
    precision: str
    decoder: Decoder
    impossible: bool
    null_threshold: float
    n_best: int
    max_answer_length: int
    max_seq_length: int
    doc_stride: int
    max_query_length: int
    overlap: bool
    versions: Mapping[str, str]

    @property
    def layout(self) -> SpanSettings:
        """Lengths of windows."""
        return SpanSettings(
            self.max_seq_length, self.doc_stride, self.max_query_length, self.overlap
        )

    @property
    def decoding(self) -> DecodeSettings:
        """How answers are chosen."""
        return DecodeSettings(
            n_best=self.n_best,
            max_answer_length=self.max_answer_length,
            impossible=self.impossible,
            null_threshold=self.null_threshold,
        )

    def differences(self, other: "Asked") -> Iterator[str]:
        """What this one was asked and ``other`` is not, each as the end of a sentence."""
        if self.data_sha256 != other.data_sha256:
            yield f"of a data file with other bytes ({Path(self.data).name})"
        if self.model_sha256 != other.model_sha256:
            yield f"of a model with other files ({self.model})"
        for field in fields(self):
            if field.name in ("data", "data_sha256", "model", "model_sha256", "versions"):
                continue  # a file and a model may be moved
            mine, asked = getattr(self, field.name), getattr(other, field.name)
            if mine != asked:
                yield f"with {field.name} = {mine}, not {asked}"
        for name in sorted({*self.versions, *other.versions}):
            mine, here = self.versions.get(name), other.versions.get(name)
            if mine != here:
                yield f"made by {name} {mine}, not {here}"


def ask_for(encoder: Encoder, gold: Gold, settings: EvaluationSettings) -> Asked:
    """Settings with every value filled in for a model and a file."""
    tokenizer = encoder.tokenizer
    layout = settings.layout(tokenizer.max_pieces, specials=2 + tokenizer.seps_between)
    given = settings.impossible
    return Asked(
        data=str(gold.path),
        data_sha256=gold.sha256,
        limit=settings.limit,
        model=encoder.label,
        model_sha256=_sha256_of_model(encoder.checkpoint.folder),
        device=encoder.choice.device,
        precision=encoder.choice.precision,
        decoder=settings.decoder,
        impossible=gold.impossible if given is None else given,
        null_threshold=float(settings.null_threshold),
        n_best=settings.n_best,
        max_answer_length=settings.max_answer_length,
        **asdict(layout),
        versions={
            "bert_core": __version__,
            **{name: metadata.version(name) for name in _LIBRARIES},
        },
    )


def _sha256_of_model(folder: Path) -> str:
    """Of the names and contents of the files that a model is loaded from."""
    whole = hashlib.sha256()
    for path in sorted({path for pattern in _MODEL_FILES for path in folder.glob(pattern)}):
        with path.open("rb") as file:
            whole.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
