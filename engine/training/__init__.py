"""Trains a plan: order of steps, schedules, tests, checkpoints and snapshots."""
