"""BERT, to see, try and show: the core behind the pages and the command line.

    import bert_core

    encoder = bert_core.load()
    result = bert_core.fill(encoder, "Paris is the capital of [MASK].")
    print([candidate.word for candidate in result.masks[0].candidates])

Importing this package loads neither torch nor transformers; the first model does.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bert_core.analysis.attention.attend import attend
    from bert_core.analysis.attribution.attribute import attribute
    from bert_core.analysis.compare import compare
    from bert_core.analysis.directions import directions
    from bert_core.analysis.embeddings.senses import senses
    from bert_core.analysis.embeddings.vectors import word_in_context
    from bert_core.analysis.lens import lens
    from bert_core.analysis.shift import shift
    from bert_core.analysis.surprise import surprise
    from bert_core.analysis.tokenization.compare import compare_tokenizers
    from bert_core.analysis.tokenization.statistics import token_statistics
    from bert_core.analysis.tokenization.tokenize import tokenize
    from bert_core.errors import BusyError, CoreError, InputError, ModelError, RunError
    from bert_core.evaluation.run import evaluate
    from bert_core.evaluation.scoring import score_predictions
    from bert_core.features.extract import extract
    from bert_core.features.one_text import embed
    from bert_core.model.choice import ModelChoice
    from bert_core.model.encoder import Encoder
    from bert_core.model.google.convert import convert
    from bert_core.model.inventory import list_models
    from bert_core.model.loading import load, load_tokenizer
    from bert_core.model.tokens import Tokens
    from bert_core.model.trace import Trace
    from bert_core.tasks.candidates import score_candidates
    from bert_core.tasks.choose import choose
    from bert_core.tasks.classify import classify
    from bert_core.tasks.many import top_words
    from bert_core.tasks.masked import fill, fill_trace, predict, rank_sentences, trace_masks
    from bert_core.tasks.next_pairs import rank_candidates, score_pairs
    from bert_core.tasks.next_sentence import next_sentence
    from bert_core.tasks.probe import probe
    from bert_core.tasks.squad import answer
    from bert_core.tasks.tag import tag

_HOMES = {
    "BusyError": "errors",
    "CoreError": "errors",
    "Encoder": "model.encoder",
    "InputError": "errors",
    "ModelChoice": "model.choice",
    "ModelError": "errors",
    "RunError": "errors",
    "Tokens": "model.tokens",
    "Trace": "model.trace",
    "answer": "tasks.squad",
    "attend": "analysis.attention.attend",
    "attribute": "analysis.attribution.attribute",
    "choose": "tasks.choose",
    "classify": "tasks.classify",
    "compare": "analysis.compare",
    "compare_tokenizers": "analysis.tokenization.compare",
    "convert": "model.google.convert",
    "directions": "analysis.directions",
    "embed": "features.one_text",
    "evaluate": "evaluation.run",
    "extract": "features.extract",
    "fill": "tasks.masked",
    "fill_trace": "tasks.masked",
    "lens": "analysis.lens",
    "list_models": "model.inventory",
    "load": "model.loading",
    "load_tokenizer": "model.loading",
    "next_sentence": "tasks.next_sentence",
    "predict": "tasks.masked",
    "probe": "tasks.probe",
    "rank_candidates": "tasks.next_pairs",
    "rank_sentences": "tasks.masked",
    "score_candidates": "tasks.candidates",
    "score_pairs": "tasks.next_pairs",
    "score_predictions": "evaluation.scoring",
    "senses": "analysis.embeddings.senses",
    "shift": "analysis.shift",
    "surprise": "analysis.surprise",
    "tag": "tasks.tag",
    "token_statistics": "analysis.tokenization.statistics",
    "tokenize": "analysis.tokenization.tokenize",
    "top_words": "tasks.many",
    "trace_masks": "tasks.masked",
    "word_in_context": "analysis.embeddings.vectors",
}

__version__ = "0.1.0"
__all__ = [
    "BusyError",
    "CoreError",
    "Encoder",
    "InputError",
    "ModelChoice",
    "ModelError",
    "RunError",
    "Tokens",
    "Trace",
    "answer",
    "attend",
    "attribute",
    "choose",
    "classify",
    "compare",
    "compare_tokenizers",
    "convert",
    "directions",
    "embed",
    "evaluate",
    "extract",
    "fill",
    "fill_trace",
    "lens",
    "list_models",
    "load",
    "load_tokenizer",
    "next_sentence",
    "predict",
    "probe",
    "rank_candidates",
    "rank_sentences",
    "score_candidates",
    "score_pairs",
    "score_predictions",
    "senses",
    "shift",
    "surprise",
    "tag",
    "token_statistics",
    "tokenize",
    "top_words",
    "trace_masks",
    "word_in_context",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'bert_core' has no attribute {name!r}")
    return getattr(importlib.import_module(f"bert_core.{_HOMES[name]}"), name)
