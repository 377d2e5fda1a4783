"""A process that looks at a data set for a client, and ends."""
