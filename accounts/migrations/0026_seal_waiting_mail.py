"""Words of mail that waits are sealed; a release before reads them so, too."""

import json

from django.db import migrations, transaction

from cdsc_portal.lib.secrets.sealed import BrokenSealError, seal, unseal

_PURPOSE = "sign-in mail"


def _each(waiting):
    for pk in waiting.values_list("pk", flat=True):
        with transaction.atomic():
            yield from waiting.filter(pk=pk).select_for_update()


def seal_words(apps, schema_editor):
    waiting = apps.get_model("accounts", "OutgoingMail").objects.filter(sent_at=None, sealed="").exclude(text="")
    for mail in _each(waiting):
        words = {"subject": mail.subject, "text": mail.text, "html": mail.html}
        mail.sealed, mail.text, mail.html = seal(json.dumps(words), purpose=_PURPOSE), "", ""
        mail.save(update_fields=["sealed", "text", "html"])


def open_words(apps, schema_editor):
    waiting = apps.get_model("accounts", "OutgoingMail").objects.filter(sent_at=None, opens_login=False)
    for mail in _each(waiting.exclude(sealed="")):
        try:
            words = json.loads(unseal(mail.sealed, purpose=_PURPOSE))
        except BrokenSealError:
            continue  # no release can send it, and none has to keep it from the others
        mail.sealed, mail.text, mail.html = "", words["text"], words["html"]
        mail.save(update_fields=["sealed", "text", "html"])


class Migration(migrations.Migration):
    atomic = False  # each mail is a transaction of its own

    dependencies = [("accounts", "0025_drop_former_mail")]

    operations = [migrations.RunPython(seal_words, open_words)]
