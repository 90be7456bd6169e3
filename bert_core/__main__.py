"""``python -m bert_core``: the command line."""

import os

# Looking for plugins, pydantic would read what every installed package says of itself.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from bert_core.cli import main

if __name__ == "__main__":
    main()
