"""The runs of this user on this machine: listed, compared, renamed, thrown away; by a process of its own."""
