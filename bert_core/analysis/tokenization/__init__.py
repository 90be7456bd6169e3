"""How a text becomes ids: step by step, two tokenizers side by side, and over a whole file."""
