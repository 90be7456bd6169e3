"""``make bench``: every benchmark, one after another."""

from tests.bench import fill_mask, fine_tune, squad

if __name__ == "__main__":
    fill_mask.main()
    fine_tune.main()
    squad.main()
