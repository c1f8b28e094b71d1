"""What a decision sends back: the addresses that the request page redirects to."""

import secrets
import uuid
from datetime import datetime, timedelta

from cdsc_portal.lib.secrets.checksums import checksum
from cdsc_portal.lib.time import clock
from consent.models import AuthorizationCode, ConsentRequest, Grant
from consent.oauth.redirects import answer_url, error_answer

CODE_LIFETIME = timedelta(seconds=60)


def success_redirect(*, request: ConsentRequest, grant: Grant, at: datetime) -> str:
    """Where an approval goes: `code`, `state`, `iss` (F-30, X-06).

    Stores the code's checksum for 60 seconds, bound to client, grant, redirect address and PKCE challenge.
    """
    assert grant.user is not None  # an erasure takes the user away, long after an approval
    code = secrets.token_urlsafe(32)
    AuthorizationCode.objects.create(
        application=request.client,
        user=grant.user,
        grant=grant,
        consent_request=request,
        code=checksum(code),
        token_family=uuid.uuid4(),
        expires=at + CODE_LIFETIME,
        redirect_uri=request.redirect_uri,
        redirect_uri_sent=request.redirect_uri_sent,
        scope=grant.scope,
        code_challenge=request.code_challenge,
        code_challenge_method=AuthorizationCode.CODE_CHALLENGE_S256,
    )
    return answer_url(request.redirect_uri, state=request.state, answer={"code": code})


def error_redirect(*, request: ConsentRequest, error: str, description: str) -> str:
    """Where anything but an approval goes: `error`, `error_description`, `state`, `iss`."""
    return answer_url(request.redirect_uri, state=request.state, answer=error_answer(error, description))


def grant_of_code(code: str) -> Grant | None:
    """The grant that an unused code stands for, while it holds; None for any other text. One query."""
    waiting = AuthorizationCode.objects.filter(code=checksum(code), spent=None, expires__gt=clock.now())
    stored = waiting.select_related("grant__user").first()
    return stored.grant if stored else None


def login_cancelled(*, request: ConsentRequest) -> str:
    """Where somebody goes who gave up signing in, as if they had declined (F-37)."""
    return error_redirect(request=request, error="access_denied", description="The customer did not sign in.")
