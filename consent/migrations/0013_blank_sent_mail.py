from django.db import migrations


class Migration(migrations.Migration):
    """Mail that went out says nothing any more (X-18); what it said is not to be had back."""

    dependencies = [("consent", "0012_hash_keys")]

    operations = [
        migrations.RunSQL(
            "UPDATE consent_outgoingmail SET text = '', html = '' WHERE sent_at IS NOT NULL",
            migrations.RunSQL.noop,
        )
    ]
