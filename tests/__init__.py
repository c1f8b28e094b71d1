"""PYTEST_DONT_REWRITE: this file alone is imported before pytest rewrites the asserts of the others."""
