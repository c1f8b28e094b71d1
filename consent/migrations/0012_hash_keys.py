from django.db import migrations

# links that were sent go on to work: they are found by their digest
_HASH = """
    ALTER TABLE consent_receipt DISABLE TRIGGER append_only;
    INSERT INTO consent_receiptaddress (receipt_id, digest, created)
        SELECT id, encode(sha256(convert_to(key, 'UTF8')), 'hex'), created
        FROM consent_receipt WHERE key IS NOT NULL;
    UPDATE consent_receipt SET key = NULL;
    ALTER TABLE consent_receipt ENABLE TRIGGER append_only;

    UPDATE consent_consentrequest
        SET key_digest = encode(sha256(convert_to(key, 'UTF8')), 'hex'), key = NULL WHERE key IS NOT NULL;
"""
# a digest leads back to no key: addresses get new ones, and links that were sent open nothing any more
_NEW_KEYS = """
    ALTER TABLE consent_receipt DISABLE TRIGGER append_only;
    UPDATE consent_receipt SET key = gen_random_uuid()::text;
    ALTER TABLE consent_receipt ENABLE TRIGGER append_only;
    UPDATE consent_consentrequest SET key = gen_random_uuid()::text;
"""


class Migration(migrations.Migration):
    """Keys of addresses that stood in clear become digests (X-18)."""

    dependencies = [("consent", "0011_keys_as_digests")]

    operations = [migrations.RunSQL(_HASH, _NEW_KEYS)]
