"""What a stop page says before it acts."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.roles import shareable_accounts, shareable_contracts
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import Disclosure, Grant
from consent.pages.status_words import words_of
from consent.queries.grant_contents import GrantContents, grant_contents
from consent.queries.visible_grants import status_at
from consent.transitions import ENDED
from consent.wording import services_in_words

_NAMED = 10


@dataclass(frozen=True, slots=True)
class StopPage:
    """`ended` is the status in words where there is nothing left to stop.

    `removed_services` names the accounts, each with its services, that leave where others' stay (empty: all ends), and
    `giver` is who shared those. A list that is longer than ten is counted in `more`.
    """

    company: str
    last_read: str
    has_ended: bool
    ended: str
    giver: str
    removed_services: tuple[str, ...]
    more: int


def stop_page(grant: Grant, *, user: User | None, at: datetime) -> StopPage:
    """What stopping `grant` by `user` would mean at `at`; None is whoever holds the receipt's link.

    Two queries, six where `user` did not give it; however many services.
    """
    last = Disclosure.objects.filter(grant=grant).values_list("released_at", flat=True).first()
    removed_services = (
        () if user is None or user.pk == grant.user_id else _removed_services(grant_contents(grant), user, at)
    )
    return StopPage(
        company=grant.client.name,
        last_read=moment_in_words(last) if last else "",
        has_ended=status_at(grant, at) in ENDED,
        ended=str(words_of(grant, at, viewer=user).words),
        giver=str(grant.user or ""),
        removed_services=removed_services[:_NAMED],
        more=max(0, len(removed_services) - _NAMED),
    )


def _removed_services(contents: GrantContents, user: User, at: datetime) -> tuple[str, ...]:
    """The accounts that `user` would remove, in words; empty where nothing of others would remain."""
    contracts = shareable_contracts(user=user, at=at).filter(pk__in=list(contents.contracts))
    mine = frozenset(contracts.values_list("pk", flat=True))
    accounts = dict(
        shareable_accounts(user=user, at=at)
        .filter(pk__in=contents.accounts | {contents.contracts[pk].billing_account_id for pk in mine})
        .order_by("account_number")
        .values_list("pk", "account_number")
    )
    if all(part.contracts <= mine and part.future_accounts <= accounts.keys() for part in contents.parts):
        return ()
    lines = []
    for account, number in accounts.items():
        removed = [contents.contracts[pk] for pk in mine]
        commodities = [c.commodity for c in removed if c.billing_account_id == account]
        services = services_in_words(commodities) or _("services added later")
        lines.append(_("account %(number)s: %(services)s") % {"number": number, "services": services})
    return tuple(lines)
