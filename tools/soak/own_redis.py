"""A Redis of one's own for a while, that keeps nothing and can be killed."""

import subprocess
import time
from types import TracebackType

from redis import Redis
from redis.exceptions import RedisError

from tools.own_postgres import free_port


class OwnRedis:
    """Starts when entered; `url` names its first database. The program comes with `make browser`."""

    def __init__(self) -> None:
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def __enter__(self) -> "OwnRedis":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Empty, as after a crash without a copy on disk; returns when it answers."""
        command = ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while True:
            try:
                Redis(port=self._port).ping()
                return
            except RedisError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
