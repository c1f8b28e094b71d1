"""The two former tables of mail and the invitations that are due become rows of the one queue, in batches."""

from django.db import migrations, transaction

_BATCH = 5000
_MOVES = (
    """
    WITH batch AS (
        DELETE FROM consent_outgoingmail WHERE id IN (SELECT id FROM consent_outgoingmail ORDER BY id LIMIT %s) RETURNING *
    )
    INSERT INTO accounts_outgoingmail (
        kind, dedup_key, "to", user_id, about, language, subject, text, html, sealed, opens_login, created, until, sent_at,
        attempts, next_attempt, error
    )
    SELECT batch.kind, dedup_key, "to", batch.user_id, coalesce(g.public_id, ''), language, subject, text, html, '', false,
        batch.created, NULL, sent_at, attempts, next_attempt, error
    FROM batch LEFT JOIN consent_grant g ON g.id = batch.grant_id
    ORDER BY batch.id
    """,
    """
    WITH batch AS (
        DELETE FROM accounts_signinmail WHERE id IN (SELECT id FROM accounts_signinmail ORDER BY id LIMIT %s) RETURNING *
    )
    INSERT INTO accounts_outgoingmail (
        kind, dedup_key, "to", about, language, subject, text, html, sealed, opens_login, created, until, attempts,
        next_attempt, error
    )
    SELECT 'sign_in', 'sign_in:' || gen_random_uuid(), "to", '', '', '', '', '', sealed, true, created,
        created + interval '3 days', least(attempts, 32767), next_attempt, ''
    FROM batch ORDER BY id
    """,
    """
    WITH due AS (
        SELECT id, invitation_due FROM accounts_user WHERE invitation_due IS NOT NULL ORDER BY id LIMIT %s
    ), batch AS (
        UPDATE accounts_user u SET invitation_due = NULL FROM due WHERE u.id = due.id
        RETURNING u.id, u.public_id, u.email, due.invitation_due
    )
    INSERT INTO accounts_outgoingmail (
        kind, dedup_key, "to", user_id, about, language, subject, text, html, sealed, opens_login, created, attempts,
        next_attempt, error
    )
    SELECT 'invitation', 'invitation:' || public_id || ':moved', email, id, '', '', '', '', '', '', true, invitation_due, 0,
        invitation_due, ''
    FROM batch
    """,
)
_BACK = (
    """
    WITH batch AS (
        DELETE FROM accounts_outgoingmail
        WHERE id IN (SELECT id FROM accounts_outgoingmail WHERE NOT opens_login ORDER BY id LIMIT %s) RETURNING *
    )
    INSERT INTO consent_outgoingmail (
        kind, dedup_key, "to", user_id, grant_id, language, subject, text, html, created, sent_at, attempts, next_attempt,
        error
    )
    SELECT batch.kind, dedup_key, "to", batch.user_id, g.id, language, subject, text, html, batch.created, sent_at,
        attempts, next_attempt, error
    FROM batch LEFT JOIN consent_grant g ON g.public_id = batch.about
    ORDER BY batch.id
    """,
    """
    WITH batch AS (
        DELETE FROM accounts_outgoingmail
        WHERE id IN (SELECT id FROM accounts_outgoingmail WHERE kind = 'sign_in' ORDER BY id LIMIT %s) RETURNING *
    )
    INSERT INTO accounts_signinmail ("to", sealed, created, next_attempt, attempts)
    SELECT "to", sealed, created, next_attempt, attempts FROM batch ORDER BY id
    """,
    """
    WITH batch AS (
        DELETE FROM accounts_outgoingmail
        WHERE id IN (SELECT id FROM accounts_outgoingmail WHERE kind = 'invitation' ORDER BY id LIMIT %s) RETURNING *
    )
    UPDATE accounts_user u SET invitation_due = batch.next_attempt FROM batch WHERE u.id = batch.user_id
    """,
)


def _move(schema_editor, statements):
    for statement in statements:
        moved = 1
        while moved:
            with transaction.atomic(), schema_editor.connection.cursor() as cursor:
                cursor.execute(statement, [_BATCH])
                moved = cursor.rowcount


def move(apps, schema_editor):
    _move(schema_editor, _MOVES)
    with schema_editor.connection.cursor() as cursor:  # beat keeps what it once was told to start
        cursor.execute(
            "DELETE FROM django_celery_beat_periodictask WHERE name IN ('send invitations', 'send mail about logins')"
        )


def move_back(apps, schema_editor):
    _move(schema_editor, _BACK)


class Migration(migrations.Migration):
    atomic = False  # each batch is a transaction of its own

    dependencies = [
        ("accounts", "0023_mail_queue"),
        ("consent", "0017_removed_services"),
        ("django_celery_beat", "0001_initial"),
    ]

    operations = [migrations.RunPython(move, move_back)]
