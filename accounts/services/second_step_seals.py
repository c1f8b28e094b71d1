"""Seals of authenticator apps and recovery codes: made anew with the first key, dropped where no key opens them."""

from dataclasses import dataclass

import structlog
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import User
from accounts.queries.ways_to_log_in import (
    SECOND_STEP_SEAL,
    can_be_read,
    sealed_texts,
    second_steps,
)
from cdsc_portal.lib.secrets.sealed import seal, unseal

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many were sealed anew, and the public ids of people who have one that no key opens."""

    done: int
    unreadable: tuple[str, ...]


def reseal_second_steps() -> Resealed:
    """Seal every app's secret and every seed of recovery codes with the first key of the ring.

    One short transaction each, so that people log in meanwhile; running again only seals once more.
    """
    done, unreadable = 0, []
    for pk in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).values_list("pk", flat=True):
        with transaction.atomic():
            authenticators = (
                Authenticator.objects.select_for_update(of=("self",)).select_related("user").filter(pk=pk)
            )
            for authenticator in authenticators:
                if can_be_read(authenticator):
                    opened = {
                        name: unseal(text, purpose=SECOND_STEP_SEAL)
                        for name, text in sealed_texts(authenticator).items()
                    }
                    authenticator.data |= {
                        name: seal(text, purpose=SECOND_STEP_SEAL) for name, text in opened.items()
                    }
                    authenticator.save(update_fields=["data"])
                    done += 1
                else:
                    unreadable.append(authenticator.user.public_id)
    return Resealed(done, tuple(dict.fromkeys(unreadable)))


@transaction.atomic
def drop_unreadable(*, user: User) -> int:
    """Take away what of the second step of `user` no key opens, which lets nobody in; how many.

    Passkeys stay. An app that can be read stays, and so do recovery codes.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    dropped: int = Authenticator.objects.filter(pk__in=second_steps(user=locked).unreadable).delete()[0]
    if dropped:
        log.info("second_step.unreadable_dropped", user=user.public_id, count=dropped)
    return dropped
