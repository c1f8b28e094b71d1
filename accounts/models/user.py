"""People who log in."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models.base import prefix_index, word_index
from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock


class UserManager(BaseUserManager["User"]):
    """Users are known by e-mail address, compared without case."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who logs in: a customer's owner, viewer or delegate, or the utility's staff.

    `theme`: light or dark, empty for the system's choice. `session_round`: one more ends every session that began
    before.
    """

    public_id = public_id_field()
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True, validators=[validate_one_line])
    language = models.CharField(
        _("language"), max_length=5, default="en", choices=[("en", "English"), ("es", "Español")]
    )
    theme = models.CharField(
        max_length=5, blank=True, db_default="", default="", choices=[("light", "Light"), ("dark", "Dark")]
    )
    yearly_summary = models.BooleanField("gets the yearly summary", default=True, db_default=True)
    session_round = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    is_staff = models.BooleanField(_("works for the utility"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_without_case")]
        indexes = [
            prefix_index("email", "user_email_prefix"),
            word_index("name", "user_name_words"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What each session is checked against: it changes with the password, each `session_round` and `is_staff`.

        The last, because staff's sessions end sooner: who becomes staff begins one that does.
        """
        base: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]  # Django's own hook
        state = f"{self.session_round} {'staff' if self.is_staff else 'customer'}"
        return salted_hmac(base, state, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name
