"""Database and files at one point, in a folder: written, verified, restored (decision 90)."""
