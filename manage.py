#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdsc_portal.settings")
    if sys.argv[1:2] == ["check_feed_file"]:  # reads a file and no table: no server is started for it
        os.environ.setdefault("DATABASE_URL", "postgresql://none@127.0.0.1:1/none")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
