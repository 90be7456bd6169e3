"""``python -m bert_core``: the command line."""

from bert_core.cli import main

if __name__ == "__main__":
    main()
