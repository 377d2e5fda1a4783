"""The engine process: owns the run folder, the sockets and the training process, and does no heavy work."""
