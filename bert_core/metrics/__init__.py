"""How good answers are: thin over well-kept libraries, held to the official scripts."""
