"""Asks a trained network about pictures, as a process of its own, beside a training or after it."""
