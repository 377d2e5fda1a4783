"""The workspace in which a data set is looked at."""
