"""Looking inside: what each layer, direction and piece contributes."""
