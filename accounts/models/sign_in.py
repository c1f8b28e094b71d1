"""What sign-in remembers: attempts that failed, codes that open a customer's first access, mail that waits."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.customer import Customer, Role
from cdsc_portal.lib import clock


class SignInAttempts(models.Model):
    """How often one thing was guessed since `since`: a password, a code of an app, an activation code.

    `key` is a digest of the kind of guess and what it was for, so that no address that was typed in is kept.
    """

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} since {self.since}"


class ActivationCode(models.Model):
    """A code that staff hand out or print: with a bill's number it opens the first access to `customer`.

    Only a digest of the code is kept. It works once, before `until`; a newer one for the same role replaces it.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="activation_codes")
    role = models.CharField(max_length=10, choices=Role.choices)
    digest = models.CharField(max_length=64)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created = models.DateTimeField(default=clock.now, editable=False)
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(role=Role.DELEGATE), name="no_activation_of_a_delegate"),
            models.UniqueConstraint(
                fields=["customer", "role"], condition=Q(used_at=None), name="one_open_activation_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.customer}"


class Session(models.Model):
    """What the server keeps of one browser until `expires`, known by the SHA-256 digest of the cookie's secret.

    `data` is sealed: whoever reads the table can neither take up a session nor read a code of a login under way
    (X-18). Only `sign_in/sessions.py` reads and writes it.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    data = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"until {self.expires}"


class SignInMail(models.Model):
    """A mail about a login that waits to be sent; the row goes once the mail went.

    It may hold a code or a link that opens a login, so what it says is sealed (X-18).
    """

    to = models.EmailField()
    sealed = models.TextField()
    created = models.DateTimeField(default=clock.now, editable=False)
    next_attempt = models.DateTimeField(db_index=True)
    attempts = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"to {self.to}"
