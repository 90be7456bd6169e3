"""Leave-one-out of a 64-piece sentence against one batch of 64 through transformers itself.

Both with the embedded model in float32 and the same threads, in turn, in one run.
"""

import statistics
import time
from collections.abc import Callable

import torch
from transformers import BertForPreTraining

import bert_core
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.targets import Target
from bert_core.settings import EMBEDDED_MODEL

WORDS = "the old ferry left the small harbour at six and carried thirty people over the river"
PIECES, ROUNDS = 64, 5


def main() -> None:
    """Print both times and their ratio."""
    encoder = bert_core.load()
    words = (f"{WORDS} and " * 9).split()
    tokens = encoder.tokenize(" ".join(words[: PIECES - 2])).masked((3,))
    if len(tokens) != PIECES:
        raise SystemExit(f"{len(tokens)} pieces instead of {PIECES}.")
    model = BertForPreTraining.from_pretrained(EMBEDDED_MODEL, dtype=torch.float32).eval()
    ids = torch.tensor([tokens.ids] * PIECES)
    target = Target("masked_word")

    @torch.inference_mode()
    def batch() -> None:
        model.bert(ids)

    def copies() -> None:
        leave_one_out(encoder, tokens, target)

    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(copies))
        theirs.append(seconds(batch))
    one, other = statistics.median(ours[1:]), statistics.median(theirs[1:])
    print(f"\nLeave-one-out of {PIECES} pieces, {torch.get_num_threads()} threads, processor time")
    print(f"  leave_one_out                {one:.3f} s")
    print(f"  one batch, encoder alone     {other:.3f} s (transformers)")
    print(f"  ratio                        {one / other:.2f} (wanted: at most 3)")


def seconds(work: Callable[[], None]) -> float:
    """Processor seconds of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
