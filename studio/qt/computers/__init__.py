"""Other computers: naming them, and what is there."""
