"""``make bench``: every benchmark, one after another."""

from tests.bench import attention, features, fill_mask, fine_tune, next_sentence, squad, visitors

if __name__ == "__main__":
    for each in (fill_mask, next_sentence, features, attention, visitors, squad, fine_tune):
        each.main()
