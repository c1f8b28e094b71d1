"""Background work: which queue a task goes through, and what beat starts again and again."""

from datetime import timedelta

from kombu import Exchange, Queue

INTERACTIVE = "interactive"  # somebody waits for a code or a link: no file may stand before it
MAIL, FEEDS, DOWNLOADS, MIX, UPKEEP = "mail", "feeds", "downloads", "mix", "upkeep"
# A queue that nobody served for so long has no worker: its longest task, such as a part of a large file, takes less.
SILENT_AFTER = {
    INTERACTIVE: timedelta(minutes=3),
    MAIL: timedelta(minutes=5),
    FEEDS: timedelta(minutes=15),
    DOWNLOADS: timedelta(minutes=15),
    MIX: timedelta(minutes=30),
    UPKEEP: timedelta(hours=1),
}

# a worker that is told of no queue serves all of them
QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in SILENT_AFTER]
_TASKS = {
    INTERACTIVE: ["accounts.tasks.send_interactive_mail"],
    MAIL: ["accounts.tasks.send_mail"],
    FEEDS: [
        "datahub.tasks.run_feed",
        "datahub.tasks.sweep_feed_runs",
        "datahub.tasks.collect_files",
        "datahub.tasks.collect_from_source",
        "datahub.tasks.load_parked_readings",
        "datahub.tasks.end_parked_readings",
        "datahub.tasks.make_partitions",
    ],
    DOWNLOADS: [
        "datahub.tasks.write_download",
        "datahub.tasks.sweep_downloads",
        "datahub.tasks.delete_downloads",
    ],
    MIX: ["datahub.tasks.compute_mix", "datahub.tasks.sum_months"],
}
ROUTES = {task: {"queue": queue} for queue, tasks in _TASKS.items() for task in tasks}  # all others: UPKEEP

# in seconds; each finds its work in the database, so a lost message loses nothing
SCHEDULE: dict[str, dict[str, object]] = {
    **{
        f"sign of the worker of {queue}": {
            "task": "accounts.tasks.note_worker",
            "schedule": 60,
            "args": (queue,),
            "options": {"queue": queue},
        }
        for queue in SILENT_AFTER
    },
    "send mail that waits": {"task": "accounts.tasks.send_interactive_mail", "schedule": 60},
    "forget old tries": {"task": "accounts.tasks.forget_old_tries", "schedule": 3600},
    "end owners after their notice": {"task": "accounts.tasks.end_noticed_owners", "schedule": 600},
    "forget dead sessions": {"task": "accounts.tasks.forget_dead_sessions", "schedule": 3600},
    "end what is over": {"task": "consent.tasks.expire_grants", "schedule": 300},
    "remind of coming ends": {"task": "consent.tasks.remind", "schedule": 3600},
    "tell of new readers": {"task": "consent.tasks.tell_new_readers", "schedule": 3600},
    "tell of use and gaps": {"task": "datahub.tasks.tell_of_use", "schedule": 24 * 60 * 60},
    "list companies once a year": {"task": "consent.tasks.list_once_a_year", "schedule": 24 * 60 * 60},
    "delete undecided requests": {"task": "consent.tasks.delete_undecided_requests", "schedule": 86400},
    "delete unused registrations": {
        "task": "consent.tasks.delete_unused_registrations",
        "schedule": 86400,
    },
    "renew links of registration steps": {"task": "consent.tasks.renew_links_of_steps", "schedule": 3600},
    "delete attachments of no message": {
        "task": "consent.tasks.delete_orphaned_attachments",
        "schedule": 86400,
    },
    "delete dead tokens": {"task": "consent.tasks.delete_dead_tokens", "schedule": 3600},
    "take up stranded feed runs": {"task": "datahub.tasks.sweep_feed_runs", "schedule": 15},
    "collect files": {"task": "datahub.tasks.collect_files", "schedule": 15},
    "load parked readings": {"task": "datahub.tasks.load_parked_readings", "schedule": 300},
    "end parked readings": {"task": "datahub.tasks.end_parked_readings", "schedule": 24 * 60 * 60},
    "take up stranded downloads": {"task": "datahub.tasks.sweep_downloads", "schedule": 60},
    "delete old downloads": {"task": "datahub.tasks.delete_downloads", "schedule": 600},
    "compute the generation mix": {"task": "datahub.tasks.compute_mix", "schedule": 300},
    "sum closed months": {"task": "datahub.tasks.sum_months", "schedule": 300},
    "make coming partitions": {"task": "datahub.tasks.make_partitions", "schedule": 24 * 60 * 60},
    "make coming months": {"task": "accounts.tasks.make_months", "schedule": 24 * 60 * 60},
    "put closed months in order": {"task": "datahub.tasks.cluster_months", "schedule": 24 * 60 * 60},
    "delete old mail, cases and proof": {"task": "accounts.tasks.delete_old_rows", "schedule": 24 * 60 * 60},
    "delete old disclosures": {"task": "consent.tasks.delete_old_disclosures", "schedule": 24 * 60 * 60},
    "delete refused calls": {"task": "consent.tasks.delete_refused_calls", "schedule": 24 * 60 * 60},
    "delete ended grants": {"task": "consent.tasks.delete_ended_grants", "schedule": 24 * 60 * 60},
    "close unused logins": {"task": "consent.tasks.close_unused_logins", "schedule": 24 * 60 * 60},
    "delete old feed files and rejected rows": {
        "task": "datahub.tasks.delete_old_rows",
        "schedule": 24 * 60 * 60,
    },
    "set old readings aside": {"task": "datahub.tasks.set_aside_readings", "schedule": 24 * 60 * 60},
}
