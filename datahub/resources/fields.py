"""How plain values look on the wire."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cdsc_portal.lib.json.encoder import exact, instant
from cdsc_portal.lib.text.text_cells import decimal_cells, text
from datahub.mix.arithmetic.amounts import DECIMALS
from datahub.mix.segments import SourceShares

_DECIMAL = r"^-?\d+(\.\d+)?$"


class ReadOnlyField(serializers.Field):  # type: ignore[type-arg]  # it takes none when it runs
    """Written, never read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)


@extend_schema_field({"type": "string", "format": "date-time"})
class Instant(ReadOnlyField):
    """UTC, with Z."""

    def to_representation(self, value: datetime) -> str:
        return instant(value.astimezone(UTC))


@extend_schema_field({"type": "string", "pattern": _DECIMAL})
class Exact(ReadOnlyField):
    """A decimal as text, without needless zeros; money keeps two decimals."""

    def __init__(self, *, places: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.places = places

    def to_representation(self, value: Decimal) -> str:
        return exact(value, places=self.places)


@extend_schema_field({"type": "array", "items": {"type": ["string", "null"], "pattern": _DECIMAL}})
class ExactList(ReadOnlyField):
    """Ready text, null = unknown; passed on as it is, since there may be a hundred thousand."""

    def to_representation(self, value: list[str | None]) -> list[str | None]:
        return value


@extend_schema_field({"type": "array", "items": {"type": ["string", "null"], "pattern": _DECIMAL}})
class ShareList(ReadOnlyField):
    """Shares of one source as ready JSON, null = unknown."""

    def to_representation(self, value: SourceShares) -> orjson.Fragment:
        cells = decimal_cells(
            value.shares, value.known, DECIMALS, before=b'"', after=b'",', unknown=b"null,", trimmed=True
        )
        return orjson.Fragment(b"[" + text(cells)[:-1] + b"]")


class Text(serializers.CharField):
    """Text that is always there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)


class MaybeText(serializers.CharField):
    """Text; what the utility left empty is null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: str) -> Any:
        return value or None


class Shape(serializers.Serializer[object]):
    """The members of an object on the wire, all of them always there."""

    def __init_subclass__(cls, **options: Any) -> None:
        """In the OpenAPI document a class goes by its name without `Shape`."""
        super().__init_subclass__(**options)
        extend_schema_serializer(component_name=cls.__name__.removesuffix("Shape"))(cls)

    def to_representation(self, instance: object) -> dict[str, object]:
        return dict(super().to_representation(instance))

    @classmethod
    def members(cls) -> Mapping[str, serializers.Field]:  # type: ignore[type-arg]  # it takes none when it runs
        """By name."""
        return cls().fields
