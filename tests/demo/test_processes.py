"""The demo's workers: what people wait for is apart, and nothing is left without a worker."""

from demo.processes import start_workers


def test_the_workers_share_the_queues_and_one_of_them_keeps_the_clock():
    started = {}

    class Noted:
        def start(self, name: str, command: list[str]) -> None:
            started[name] = command

    start_workers(Noted())

    apart, rest = started["worker-interactive"], started["worker"]
    assert apart[apart.index("--queues") + 1] == rest[rest.index("--exclude-queues") + 1] == "interactive"
    assert "--beat" in rest and "--beat" not in apart
