"""Files that the utility makes available to one third party (CDS-WG1-02 section 12)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from consent.models.registration import Registration


class ProvidedFile(models.Model):
    """A file for one third party, uploaded by staff; nobody reads it until a grant names its `public_id`.

    `name` is what it is called when it is taken away, `mime_type` follows from that. `size` in bytes, `digest` the
    SHA-256 of its content, which never changes; `modified` moves with the texts. Where it lies, the name says nothing.
    """

    public_id = public_id_field()
    registration = models.ForeignKey(
        Registration, verbose_name=_("third party"), on_delete=models.PROTECT, related_name="provided_files"
    )
    name = models.CharField(_("name"), max_length=200, validators=[validate_one_line])
    description = models.TextField(_("description"), max_length=2000, blank=True)
    mime_type = models.CharField(_("type"), max_length=100, editable=False)
    size = models.PositiveBigIntegerField(_("size in bytes"), editable=False)
    digest = models.CharField("sha256", max_length=64, editable=False)
    file = models.FileField(upload_to="provided/%Y/%m")
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("file for a third party")
        verbose_name_plural = _("files for third parties")
        ordering = ["-modified", "-pk"]
        indexes = [
            models.Index(fields=["registration", "-modified", "-id"], name="provided_file_newest_first")
        ]

    def __str__(self) -> str:
        return self.name
