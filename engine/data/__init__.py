"""Data sets, preprocessing and the loader that feeds batches."""
