"""Loaded by pytest before Django's settings: tests run as a development server unless told otherwise."""

import os

os.environ.setdefault("DEVELOPMENT", "1")
