"""Whether this database may be served: one restored from a backup opens what was stopped since (decision 64)."""

from django.db import DatabaseError, connection

from consent.services.after_restore import unmet_entries


def why_not_to_serve() -> str:
    """The reason in words, "" where there is none; with a journal the database and it must be readable at the start."""
    try:
        behind = unmet_entries().count
    except OSError as error:
        return f"CONSENT_JOURNAL: cannot read {error.filename}: {error.strerror}."
    except DatabaseError:
        return "the database does not answer, so that it cannot be compared with CONSENT_JOURNAL."
    finally:
        connection.close()
    if behind:
        return f"{behind} entries of CONSENT_JOURNAL are not in the database. Run `cdsc-portal after_restore` first."
    return ""
