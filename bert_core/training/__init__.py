"""Fine-tuning and pre-training: what to train, how, where, and the folder that is the truth."""
