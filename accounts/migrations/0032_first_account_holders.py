"""Owners told by a feed or by staff before this release are account holders: those who accepted nothing, and the first
owner of each customer (decision 0072)."""

from django.db import migrations

MARK_HOLDERS = """
    UPDATE accounts_membership AS role SET is_account_holder = true
    WHERE role.role = 'owner' AND (
        NOT EXISTS (
            SELECT FROM accounts_roleevent AS event
            WHERE event.customer_id = role.customer_id AND event.user_id = role.user_id
              AND event.billing_account_id IS NOT DISTINCT FROM role.billing_account_id
              AND event.verb = 'joined'
        )
        OR role.id = (
            SELECT first.id FROM accounts_membership AS first
            WHERE first.customer_id = role.customer_id AND first.role = 'owner'
            ORDER BY first.created, first.id LIMIT 1
        )
    )
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0031_account_holder'),
    ]

    operations = [migrations.RunSQL(MARK_HOLDERS, migrations.RunSQL.noop)]
