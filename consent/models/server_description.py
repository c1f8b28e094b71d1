"""What the server says of itself in public: its own description, and where it offers what (CDS-WG1-01)."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock


class ServerDescription(models.Model):
    """One row. An empty text means what the server knows anyway: its name, its own pages.

    `updated` moves with content only.
    """

    name = models.CharField(_("name"), max_length=200, blank=True, validators=[validate_one_line])
    description = models.TextField(_("description"), max_length=1000, blank=True)
    website = models.URLField(_("website"), blank=True)
    documentation = models.URLField(_("documentation"), blank=True)
    support = models.URLField(_("support"), blank=True)
    related_metadata = ArrayField(
        models.URLField(), verbose_name=_("related metadata"), default=list, blank=True
    )
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated = models.DateTimeField(_("updated"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("description of the server")
        verbose_name_plural = _("description of the server")

    def __str__(self) -> str:
        return str(_("description of the server"))


class CoverageType(models.TextChoices):
    GEOGRAPHIC = "geographic", _("an area")
    LOGICAL = "logical", _("a group, such as commercial customers")


class CapabilityRole(models.TextChoices):
    AUTHORITATIVE = "authoritative", _("source of truth, such as the utility itself")
    OFFICIAL = "official", _("under contract or mandate of the utility")
    AGGREGATOR = "aggregator", _("by proxy, without an agreement")


class InfrastructureType(models.TextChoices):
    DISTRIBUTION_UTILITY = "distribution_utility", _("delivers electricity, gas or water")
    METERING_PROVIDER = "metering_provider", _("keeps or reads meters")
    SUPPLIER = "supplier", _("sells energy")
    GENERATOR = "generator", _("runs generation")
    MARKET_OPERATOR = "market_operator", _("runs a market")
    DISTRIBUTION_SERVICE_OPERATOR = "distribution_service_operator", _("controls a distribution grid")
    TRANSMISSION_SERVICE_OPERATOR = "transmission_service_operator", _("controls a transmission grid")
    SERVICE_PROVIDER = "service_provider", _("services of another kind")


class CommodityType(models.TextChoices):
    ELECTRICITY = "electricity", _("electricity")
    NATURAL_GAS = "natural_gas", _("natural gas")
    FUEL_OIL = "fuel_oil", _("fuel oil")
    WATER = "water", _("water")
    WASTEWATER = "wastewater", _("wastewater")
    TRASH = "trash", _("trash")
    DISTRIBUTED_ENERGY = "distributed_energy", _("distributed energy resources")


class CoverageEntry(models.Model):
    """One area or group that the server covers (M-17). Its `entry_id` never changes: offers name it.

    An entry that is not listed is shown to nobody. `updated` moves with content only, files among it.
    """

    entry_id = models.SlugField(_("identifier"), max_length=60, unique=True)
    is_listed = models.BooleanField(_("published"), default=True)
    entity_name = models.CharField(_("entity"), max_length=200, validators=[validate_one_line])
    entity_abbreviation = models.CharField(
        _("abbreviation"), max_length=40, blank=True, validators=[validate_one_line]
    )
    country = models.CharField(
        _("country"), max_length=2, validators=[RegexValidator(r"\A[A-Z]{2}\Z", _("Two capital letters, such as US."))]
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=200, validators=[validate_one_line])
    description = models.TextField(_("description"), max_length=1000, blank=True)
    type = models.CharField(_("type"), max_length=20, choices=CoverageType.choices)
    role = models.CharField(
        _("role"), max_length=20, choices=CapabilityRole.choices, default=CapabilityRole.AUTHORITATIVE
    )
    infrastructure_types = ArrayField(
        models.CharField(max_length=40), verbose_name=_("infrastructure"), default=list, blank=True
    )
    commodity_types = ArrayField(
        models.CharField(max_length=40), verbose_name=_("commodities"), default=list, blank=True
    )
    capabilities = ArrayField(
        models.CharField(max_length=60), verbose_name=_("capabilities"), default=list, blank=True
    )
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated = models.DateTimeField(_("updated"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("coverage entry")
        verbose_name_plural = _("coverage entries")
        ordering = ["-updated", "-pk"]
        indexes = [models.Index(fields=["-updated", "-id"], name="coverage_newest_first")]

    def __str__(self) -> str:
        return self.name


class CoverageFileKind(models.TextChoices):
    MAP = "map", _("map")
    GEOJSON = "geojson", _("GeoJSON file")


class CoverageFile(models.Model):
    """A map or outline of an entry, as staff uploaded it. Small, so it lies with the rows and changes with them."""

    entry = models.ForeignKey(CoverageEntry, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=10, choices=CoverageFileKind.choices)
    content_type = models.CharField(max_length=60)
    content = models.BinaryField()
    updated = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("coverage file")
        verbose_name_plural = _("coverage files")
        constraints = [models.UniqueConstraint(fields=["entry", "kind"], name="one_coverage_file_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.entry}: {self.kind}"
