"""The run folder: everything that a run leaves on the disk."""
