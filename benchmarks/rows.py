"""The yardstick of storage: readings as Django would keep them, a row each, and the best plain way to fill it."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from django.db import connection, models
from rest_framework import serializers

from datahub.models import Channel

Row = tuple[int, datetime, Decimal, int]  # channel, start, value, quality
_COLUMNS = "channel_id, start, value, quality"
_TYPES = ["int8", "timestamptz", "numeric", "int2"]


class RowReading(models.Model):
    """A reading as an ordinary model."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    start = models.DateTimeField()
    value = models.DecimalField(max_digits=14, decimal_places=3)
    quality = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "benchmarks"
        constraints = [models.UniqueConstraint(fields=["channel", "start"], name="one_row_a_start")]

    def __str__(self) -> str:
        return f"{self.channel_id} at {self.start}"


class RowSerializer(serializers.ModelSerializer[RowReading]):
    class Meta:
        model = RowReading
        fields = ["start", "value", "quality"]


@contextmanager
def table() -> Iterator[None]:
    """The table exists inside."""
    with connection.schema_editor() as editor:
        editor.create_model(RowReading)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(RowReading)


class PlainRow(models.Model):
    """A row of a few columns, as a registration stores some dozen of."""

    name = models.CharField(max_length=200)
    values = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return self.name


@contextmanager
def plain_table() -> Iterator[None]:
    """The table of PlainRow exists inside."""
    with connection.schema_editor() as editor:
        editor.create_model(PlainRow)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(PlainRow)


def copy_rows(rows: Iterable[Row]) -> None:
    """Binary COPY straight into the table, its indexes and its foreign key on."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY benchmarks_rowreading ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(_TYPES)
        for row in rows:
            copy.write_row(row)


def upsert_csv(content: bytes) -> None:
    """A long CSV file (meter, start, value) by COPY to a staging table, then INSERT ... ON CONFLICT."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE staging (meter text, start timestamptz, value numeric)")
        with cursor.copy("COPY staging FROM STDIN (FORMAT CSV, HEADER)") as copy:
            source = io.BytesIO(content)
            while piece := source.read(1 << 20):
                copy.write(piece)
        cursor.execute(
            f"""
            INSERT INTO benchmarks_rowreading ({_COLUMNS})
            SELECT channel.id, staging.start, staging.value, 0
            FROM staging
            JOIN accounts_meterdevice meter ON meter.meter_number = staging.meter
            JOIN datahub_channel channel ON channel.meter_id = meter.id
            ON CONFLICT (channel_id, start) DO UPDATE SET value = EXCLUDED.value
            WHERE benchmarks_rowreading.value IS DISTINCT FROM EXCLUDED.value
            """
        )
        cursor.execute("DROP TABLE staging")


def bytes_a_row() -> float:
    """Table and indexes after VACUUM, divided by the rows."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE benchmarks_rowreading")
        cursor.execute(
            "SELECT pg_total_relation_size('benchmarks_rowreading')::float / count(*) FROM benchmarks_rowreading"
        )
        (size,) = cursor.fetchone()
    return float(size)


def plain_rows(channel: int) -> Sequence[tuple[Decimal, int]]:
    """Value and quality of a channel's rows in order of time, as tuples."""
    rows = RowReading.objects.filter(channel=channel).order_by("start")
    return list(rows.values_list("value", "quality"))
