"""`make soak`."""
