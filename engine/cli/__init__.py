"""The command line, `convnet`: one command a file."""
