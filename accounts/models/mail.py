"""The mail queue: one table for all mail the portal sends."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.time import clock


class OutgoingMail(models.Model):
    """A mail to be sent, written in the transaction that causes it; a task sends it, once.

    `dedup_key` makes each mail unique: the same cause writes the same key. `about` is the public id of the grant it
    tells of. What it says is `sealed` until it is sent, and blank then: it may hold an address that opens something,
    and names what is shared (X-18). `text` and `html` are words of a release that did not seal them.

    A mail that `opens_login`, with a code or a link, goes before all others, and is sealed or written only when it is
    sent; the row goes once the mail went, and at `until` in any case.
    """

    kind = models.CharField(_("kind"), max_length=40)
    dedup_key = models.CharField(max_length=100, unique=True)
    to = models.EmailField(_("to"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    about = models.CharField(max_length=20, blank=True, default="", db_default="")
    language = models.CharField(_("language"), max_length=5, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    sealed = models.TextField(blank=True, default="", db_default="")
    opens_login = models.BooleanField(default=False, db_default=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt = models.DateTimeField(_("next attempt"), default=clock.now)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ["-created"]
        indexes = [
            models.Index(
                fields=["-opens_login", "next_attempt"],
                name="queued_mail_to_send",
                condition=models.Q(sent_at__isnull=True),
            ),
            models.Index(fields=["about", "kind"], name="queued_mail_about"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
