"""What is offered to third parties: rows of the declared types, which staff limit, close and double."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from consent.models.registration import RegistrationField
from consent.models.server_description import CoverageEntry
from consent.scopes.fields import narrowed
from consent.scopes.offer_types import CLIENT_ADMIN, GRANT_ADMIN, offer_type


class ScopeOffer(models.Model):
    """A scope as third parties find and register it (R-07 to R-09). Each type has one from the start.

    `offer_id` and `type` never change. Limits only ever tighten what the type declares: `days_back` and `days_ahead`
    count from the day of a request, `field_limits` has by field id the minimum, maximum, default and choices. With
    `reviews_wishes` staff decide whether a third party may ask the customer of a grant for more (R-163).
    """

    offer_id = models.CharField(
        _("identifier"),
        max_length=80,
        unique=True,
        validators=[RegexValidator(r"\A[a-z0-9_.-]+\Z", _("Small letters, digits, _ . and - only."))],
    )
    type = models.CharField(_("type"), max_length=60)
    label = models.CharField(_("label"), max_length=100, blank=True, validators=[validate_one_line])
    description = models.TextField(_("description"), max_length=1000, blank=True)
    is_open = models.BooleanField(_("may be asked for"), default=True)
    coverages = models.ManyToManyField(
        CoverageEntry, verbose_name=_("coverage"), blank=True, related_name="offers"
    )
    registration_requirements = ArrayField(
        models.SlugField(max_length=60), verbose_name=_("needed to register"), default=list, blank=True
    )
    registration_optional = ArrayField(
        models.SlugField(max_length=60), verbose_name=_("may be sent"), default=list, blank=True
    )
    grant_admin = models.ForeignKey(
        "self",
        verbose_name=_("opened by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="opens",
        limit_choices_to={"type": GRANT_ADMIN},
    )
    days_back = models.PositiveIntegerField(
        _("days back at most"), null=True, blank=True, validators=[MaxValueValidator(3660)]
    )
    days_ahead = models.PositiveIntegerField(
        _("days ahead at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
    )
    reviews_wishes = models.BooleanField(_("staff look at wishes for more"), default=False, db_default=False)
    field_limits = models.JSONField(_("limits of fields"), default=dict, blank=True)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated = models.DateTimeField(_("updated"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["type", "offer_id"]

    def __str__(self) -> str:
        return self.offer_id

    def clean(self) -> None:
        """The id belongs to the type (R-14s, R-29s, R-30s), limits to its fields, and none goes beyond them."""
        kind = offer_type(self.type)
        if kind is None:
            raise ValidationError({"type": _("There is no such type.")})
        if not kind.takes_id(self.offer_id):
            rule = {"first": kind.first_id, "prefix": kind.id_prefix or kind.first_id}
            raise ValidationError({"offer_id": _("It must be %(first)s, or begin with %(prefix)s.") % rule})
        if self.type in (CLIENT_ADMIN, GRANT_ADMIN) and (self.label or self.description):
            raise ValidationError({"label": _("Name and words of this type are the specification's.")})
        wanted = {*(self.registration_requirements or ()), *(self.registration_optional or ())}
        known = RegistrationField.objects.filter(field_id__in=wanted).values_list("field_id", flat=True)
        if unknown := sorted(wanted - set(known)):
            raise ValidationError(
                {"registration_requirements": _("There is no registration field %s.") % ", ".join(unknown)}
            )
        if kind.scope is None and wanted:
            raise ValidationError({"registration_requirements": _("A built-in scope asks for nothing.")})
        declared = {field.id: field for field in kind.fields}
        limits = self.field_limits
        if not isinstance(limits, dict) or not all(isinstance(limit, dict) for limit in limits.values()):
            raise ValidationError({"field_limits": _("Expected an object of objects, by field.")})
        for field_id, limit in limits.items():
            if field_id not in declared:
                raise ValidationError(
                    {
                        "field_limits": _("%(type)s has no field %(field)s.")
                        % {"type": self.type, "field": field_id}
                    }
                )
            try:
                narrowed(declared[field_id], limit)
            except ValueError as error:
                raise ValidationError({"field_limits": str(error)}) from error
