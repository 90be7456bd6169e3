"""Where weights come from and how text goes through them."""
