"""What a span head said of some questions: all that is needed to decide on answers, and again."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert_core.data.examples import QuestionExample
from bert_core.tasks.spans.features import SpanFeatures, SpanSettings, Window
from bert_core.tasks.spans.places import Places
from bert_core.tasks.spans.ranking import Logits


@dataclass(frozen=True, slots=True, eq=False)
class SpanTrace:
    """One forward pass over the windows of N questions.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        examples: the N questions with their contexts.
        layout: how they were laid out in windows.
        features: the windows.
        starts: for each window of T pieces, the logit of each as a start, shape (T,), in nats.
        ends: the same for ends.
        places: for each context of ``features``, the characters of its pieces.
        pieces: the vocabulary, by id.
        unknown_id: the piece for what the vocabulary lacks; None: it lacks nothing.
        lower: whether the model lower-cases its text.
    """

    model: str
    examples: tuple[QuestionExample, ...]
    layout: SpanSettings
    features: SpanFeatures
    starts: tuple[Logits, ...]
    ends: tuple[Logits, ...]
    places: tuple[Places, ...]
    pieces: Sequence[str]
    unknown_id: int | None
    lower: bool

    def windows_of(self, question: int = 0) -> tuple[Window, ...]:
        """The windows of one question, in order."""
        asked = self.features.questions[question]
        return self.features.windows[asked.first : asked.first + asked.windows]

    def seen_by(self, number: int, question: int = 0) -> tuple[int, int]:
        """Half-open characters of the context that one window of a question sees."""
        window = self.windows_of(question)[number]
        places = self.places[self.features.questions[question].context]
        last = window.first + len(window.words) - 1
        return int(places[window.first, 0]), int(places[last, 1])
