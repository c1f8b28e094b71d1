"""Django's PostgreSQL backend on the embedded server, which starts when a connection is first needed.

Loading the settings starts nothing, so commands and tests that read no table run without a server.
"""

import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.backends.postgresql import base, client

from cdsc_portal import embedded_postgres

_starting = threading.Lock()  # threads of a web server may need their first connections at once


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`."""

    connection: "DatabaseWrapper"

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.start_server()
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the server under `DATA_DIR` of its settings; `HOST` is set once the server runs."""

    client_class = DatabaseClient

    def start_server(self) -> None:
        with _starting:
            if not self.settings_dict["HOST"]:
                url = embedded_postgres.ensure_running(self.settings_dict["DATA_DIR"])
                self.settings_dict["HOST"] = parse_qs(urlsplit(url).query)["host"][
                    0
                ]  # the folder of its socket

    def get_connection_params(self) -> dict[str, Any]:
        self.start_server()
        return super().get_connection_params()
