"""Runs of feeds with a database session of their own."""

from django.db import connection

from datahub.feeds.runs.run_executor import execute_due_runs


def carry_out_apart(run_id):
    """As another worker: with a database session of its own."""
    try:
        execute_due_runs(run_id=run_id)
    finally:
        connection.close()
