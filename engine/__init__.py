"""The background program that compiles and trains networks; importing it imports nothing heavy."""
