"""``make bench``: every benchmark, one after another."""

from tests.bench import (
    attention,
    features,
    fill_mask,
    fine_tune,
    gpu,
    leaving_out,
    next_sentence,
    serving,
    squad,
    visitors,
)

if __name__ == "__main__":
    for each in (
        fill_mask,
        next_sentence,
        features,
        leaving_out,
        attention,
        visitors,
        serving,
        squad,
        fine_tune,
        gpu,
    ):
        each.main()
