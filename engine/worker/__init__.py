"""The training process: one rank, which builds a trainer and tells the engine how it goes."""
