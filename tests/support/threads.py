"""Work that threads do at the same time."""

import threading

from django.db import connection


def at_once(count, work):
    """What `work` answered, run by `count` threads that start together, each on its own connection."""
    start, answers = threading.Barrier(count, timeout=120), []

    def run():
        try:
            start.wait()
            answers.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
