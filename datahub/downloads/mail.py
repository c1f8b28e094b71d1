"""The mail that says a file can be fetched."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText, write_mail
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import OutgoingMail
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.wording import zone_in_words
from datahub.models import Download, DownloadStatus


def write_file_ready(*, download: Download, at: datetime) -> None:
    """Write "Your file is ready" once, without a reading and without a link that opens for anybody else."""
    write_mail(
        kind="file_ready",
        dedup_key=f"file_ready:{download.public_id}",
        user=download.user,
        mail=_text(download),
        at=at,
    )


@writes_again("file_ready")
def _again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """While the file can be fetched."""
    fetchable = Download.objects.filter(status=DownloadStatus.READY, expires__gt=at, user=mail.user)
    download = fetchable.select_related("user").filter(public_id=occasion_of(mail)).first()
    return _text(download) if download is not None else None


def _text(download: Download) -> MailText:
    user = download.user
    assert download.expires is not None
    with override(user.language):
        return MailText(
            language=user.language,
            utility=settings.UTILITY_NAME,
            support_url=settings.SUPPORT_URL,
            subject=_("Your file is ready"),
            paragraphs=(
                _("The file with your meter readings is ready. Log in to download it."),
                _("You can get it until %(moment)s (%(zone)s). Then we delete it.")
                % {"moment": moment_in_words(download.expires), "zone": zone_in_words()},
            ),
            rows=(),
            link=f"{settings.PUBLIC_URL}{reverse('my_downloads')}",
            link_words=_("Go to your downloads"),
        )
