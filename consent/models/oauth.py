"""The six models of django-oauth-toolkit, swapped in so that a token always belongs to one grant.

The library's "Grant" is an authorization code; here "grant" is a customer's consent, so it is named so.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
    ApplicationManager,
    ClientSecretField,
)

from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from consent.models.registration import Registration
from consent.redirect_addresses import has_user_info, why_refused
from consent.scopes.base import CLIENT_ADMIN

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A hash of Argon2 that no secret has: all zeros. A release without the table of credentials checks it fast and refuses
# every secret; an empty text it would compare as it is, and accept a call that sends no secret.
NO_SECRET = "argon2$argon2id$v=19$m=8,t=1,p=1$bm8gc2VjcmV0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"  # noqa: S105


class ClientStatus(models.TextChoices):
    PRODUCTION = "production", _("production")
    SANDBOX = "sandbox", _("sandbox: test users only")
    SUSPENDED = "suspended", _("suspended: reads nothing, grants return")
    DISABLED = "disabled", _("disabled")


def _code_flow() -> list[str]:
    return ["authorization_code", "refresh_token"]


def _code() -> list[str]:
    return ["code"]


def _production_options() -> list[str]:
    return [ClientStatus.PRODUCTION.value, ClientStatus.DISABLED.value]


def _quota(
    title: "_StrPromise", help_text: "_StrPromise"
) -> "models.PositiveIntegerField[int | None, int | None]":
    """How many, at least 1; null = as the settings say."""
    return models.PositiveIntegerField(
        title, null=True, blank=True, validators=[MinValueValidator(1)], help_text=help_text
    )


class AuthenticationMethod(models.TextChoices):
    """How a client proves who it is at the token endpoint (R-74). `none`: it has no secret to keep."""

    BASIC = "client_secret_basic", _("its secret")
    NONE = "none", _("nothing: it has no secret")


class Client(AbstractApplication):
    """One object of a third party's registration (R-74 to R-82): an application with its own scopes, secrets, status.

    `allowed_scopes` are the scope ids it may ask for, `scope` on the wire. `client_uri` is linked only once
    `uri_confirmed`. `all_or_nothing`: customers may choose services, but not leave out data or shorten dates (F-67).
    Secrets are `credentials`; `client_secret` is the slow hash of a secret that is older than that table, until it is
    first used. `auth_method` null: it never calls the token endpoint. `status_options` are what the third party may
    set. `modified` moves when content does (`updated`, the library's, with each write). The three defaults are used
    where a request leaves its parameter out; empty = none.
    """

    registration = models.ForeignKey(
        "consent.Registration",
        verbose_name=_("third party"),
        on_delete=models.PROTECT,
        null=True,  # of a row that the release before writes beside this one; its first save here makes one
        editable=False,
        related_name="clients",
    )

    client_secret = ClientSecretField(
        max_length=255, blank=True, editable=False, db_index=True, default=NO_SECRET
    )
    public_id = public_id_field()
    status = models.CharField(
        _("status"), max_length=20, choices=ClientStatus.choices, default=ClientStatus.PRODUCTION
    )
    allowed_scopes = models.JSONField(_("allowed scopes"), default=list, blank=True)
    client_uri = models.URLField(_("website"), blank=True)
    uri_confirmed = models.BooleanField(_("website confirmed to be theirs"), default=False)
    contact_email = models.EmailField(_("contact email"), blank=True)
    purpose = models.TextField(_("what they want the data for, in their words"), blank=True)
    terms_uri = models.URLField(_("terms uri"), blank=True)
    policy_uri = models.URLField(_("policy uri"), blank=True)
    all_or_nothing = models.BooleanField(
        _("its requests are shared whole or not at all"), default=False, db_default=False
    )
    calls_per_minute = _quota(
        _("calls for data a minute"),
        _("With the tokens of all its grants; empty: as the server's settings say."),
    )
    grant_calls_per_minute = _quota(
        _("calls for data a minute of each grant"),
        _("With the tokens of one grant; empty: as the server's settings say."),
    )
    logo_uri = models.URLField(_("logo"), blank=True, default="", db_default="")
    contact_addresses = models.JSONField(
        _("contacts"), default=list, db_default=Value([], models.JSONField()), blank=True
    )
    auth_method = models.CharField(
        _("way of authentication"),
        max_length=30,
        choices=AuthenticationMethod.choices,
        null=True,
        blank=True,
        default=AuthenticationMethod.BASIC,
        db_default=AuthenticationMethod.BASIC.value,
    )
    grant_types = models.JSONField(
        _("grant types"), default=_code_flow, db_default=Value(_code_flow(), models.JSONField()), blank=True
    )
    response_types = models.JSONField(
        _("response types"), default=_code, db_default=Value(_code(), models.JSONField()), blank=True
    )
    status_options = models.JSONField(
        _("what the third party may set"),
        default=_production_options,
        db_default=Value(_production_options(), models.JSONField()),
        blank=True,
    )
    default_scope = models.TextField(
        _("scope of a request without one"), blank=True, default="", db_default=""
    )
    default_redirect_uri = models.TextField(
        _("redirect address of a request without one"), blank=True, default="", db_default=""
    )
    default_authorization_details = models.JSONField(
        _("details of a request without any"),
        default=list,
        db_default=Value([], models.JSONField()),
        blank=True,
    )
    modified = models.DateTimeField(_("modified"), default=clock.now, db_default=Now(), editable=False)

    objects = ApplicationManager()

    class Meta(AbstractApplication.Meta):
        verbose_name = _("client")
        verbose_name_plural = _("clients")

    def __str__(self) -> str:
        return self.name

    def save(self, **options: Any) -> None:
        """A client that belongs to no registration gets one of its own, as those that staff register do."""
        if self.registration_id is None:
            self.registration = Registration.objects.create(
                name=self.name, created=self.created or clock.now()
            )
            if self.client_type == self.CLIENT_PUBLIC:
                self.auth_method = AuthenticationMethod.NONE
            if fields := options.get("update_fields"):
                options["update_fields"] = {*fields, "registration", "auth_method"}
        super().save(**options)

    def natural_key(self) -> tuple[str]:
        return (self.client_id,)

    def clean(self) -> None:
        """Refuse redirect addresses that are not allowed, and addresses that show another host than their own (X-17).

        Instead of the library's own check, which knows schemes only, and fields that are not used here.
        """
        wrong: dict[str, list[ValidationError]] = {}
        try:
            validate_one_line(self.name)
        except ValidationError as error:
            wrong["name"] = [error]
        public = self.client_type == self.CLIENT_PUBLIC
        addresses = self.redirect_uris.split()
        if not addresses and self.response_types:
            wrong["redirect_uris"] = [ValidationError(_("Name at least one address."))]
        for uri in addresses:
            if why := why_refused(uri, public=public, plain_loopback=settings.PLAIN_LOOPBACK_REDIRECTS):
                wrong.setdefault("redirect_uris", []).append(ValidationError(f"{uri}: {why}"))
        for name in ("client_uri", "terms_uri", "policy_uri"):
            if has_user_info(getattr(self, name)):
                wrong[name] = [
                    ValidationError(
                        _("An address that names a user (@) shows another host than it leads to.")
                    )
                ]
        if wrong:
            raise ValidationError(wrong)

    @property
    def is_admin(self) -> bool:
        """Whether its tokens open the APIs of its registration (R-64)."""
        return CLIENT_ADMIN in self.allowed_scopes

    @property
    def confirmed_uri(self) -> str:
        """The website to link; empty until staff have confirmed that it is the client's."""
        return self.client_uri if self.uri_confirmed else ""

    def is_usable(self, request: object) -> bool:
        """Whether it may authenticate at all. A suspended client may, so that it can still revoke."""
        return self.status != ClientStatus.DISABLED


class AuthorizationCode(AbstractGrant):
    """A code waiting to be exchanged, once; `code` is its SHA-256 (X-18).

    A spent one stays, so that a second use can end the tokens it gave (X-03). With `redirect_uri_sent` it is exchanged
    only beside its `redirect_uri` (RFC 6749 4.1.3). `consent_request` is the approval it came from, which may have two
    after a double click; a grant may have several approvals.
    """

    grant = models.ForeignKey(
        "consent.Grant", verbose_name=_("grant"), on_delete=models.CASCADE, related_name="codes"
    )
    consent_request = models.ForeignKey(
        "consent.ConsentRequest", on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    spent = models.DateTimeField(null=True, blank=True)
    redirect_uri_sent = models.BooleanField(default=False, db_default=False)
    token_family = models.UUIDField(null=True, editable=False)

    class Meta(AbstractGrant.Meta):
        verbose_name = "authorization code"


class AccessToken(AbstractAccessToken):
    """A bearer token of a grant; only its checksum is stored. Tokens of one code and its refreshes are a family.

    `credential` is the secret that its client called with; null = of a public client, or older than the table of
    credentials. A Grant Admin token opens the grant `opens` of another object, and `scope` is the scope that lets it.
    """

    grant = models.ForeignKey(
        "consent.Grant",
        verbose_name=_("grant"),
        on_delete=models.CASCADE,
        null=True,
        related_name="access_tokens",
    )
    opens = models.ForeignKey(
        "consent.Grant",
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="administering_tokens",
    )
    token_family = models.UUIDField(null=True, editable=False, db_index=True)
    credential = models.ForeignKey(
        "consent.Credential",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="access_tokens",
    )

    class Meta(AbstractAccessToken.Meta):
        verbose_name = "access token"


class RefreshToken(AbstractRefreshToken):
    """A refresh token of a grant; rotated at each use, its family ended on reuse (X-04).

    `rotated` is its first use. `revoked` says it was repudiated or replaced, which no retry undoes. `access_token` came
    with it in one answer. `credential` as of an AccessToken.
    """

    grant = models.ForeignKey(
        "consent.Grant",
        verbose_name=_("grant"),
        on_delete=models.CASCADE,
        null=True,
        related_name="refresh_tokens",
    )
    rotated = models.DateTimeField(null=True, editable=False)
    credential = models.ForeignKey(
        "consent.Credential",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="refresh_tokens",
    )

    class Meta(AbstractRefreshToken.Meta):
        verbose_name = "refresh token"


class IDToken(AbstractIDToken):
    """Required by the library; OpenID Connect is not offered."""

    class Meta(AbstractIDToken.Meta):
        verbose_name = "ID token"


class DeviceGrant(AbstractDeviceGrant):
    """Required by the library; the device flow is not offered."""

    class Meta(AbstractDeviceGrant.Meta):
        verbose_name = "device grant"
