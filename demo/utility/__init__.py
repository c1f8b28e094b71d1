"""A plainly invented utility, written as feed files: nothing of it enters the server by another door."""
