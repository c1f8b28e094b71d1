"""A point's region and pricing node get dates; those that are there hold since ever, as far as anybody told."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models

import cdsc_portal.lib.time.clock

PLACE = """
    INSERT INTO accounts_gridplacement (service_point_id, region, pricing_node, start, version_at)
    SELECT id, region, pricing_node, '1900-01-01T00:00:00Z', version_at FROM accounts_servicepoint
    WHERE region <> '' OR pricing_node <> ''
"""
UNPLACE = """
    UPDATE accounts_servicepoint point SET region = placed.region, pricing_node = placed.pricing_node
    FROM accounts_gridplacement placed
    WHERE placed.service_point_id = point.id AND placed.start <= now() AND coalesce(placed.end, 'infinity') > now()
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_staff_groups")]
    operations = [
        migrations.CreateModel(
            name="GridPlacement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="as of")),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField(blank=True, null=True)),
                ("created", models.DateTimeField(default=cdsc_portal.lib.time.clock.now, editable=False, null=True)),
                ("region", models.CharField(blank=True, max_length=50, verbose_name="grid region")),
                ("pricing_node", models.CharField(blank=True, max_length=50)),
                (
                    "service_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="placements",
                        to="accounts.servicepoint",
                    ),
                ),
            ],
            options={
                "ordering": ["service_point", "start"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("end__isnull", True), ("end__gt", models.F("start")), _connector="OR"
                        ),
                        name="placement_end_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pricing_node", ""), ("region", ""), _negated=True),
                        name="placement_is_somewhere",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    "service_point_id",
                                    "service_point_id",
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                django.contrib.postgres.fields.ranges.RangeOperators.OVERLAPS,
                            ),
                            (
                                models.Func("start", "end", function="tstzrange"),
                                django.contrib.postgres.fields.ranges.RangeOperators.OVERLAPS,
                            ),
                        ],
                        name="point_at_one_place_at_a_time",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="linkchange",
            name="region",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=50, verbose_name="grid region"
            ),
        ),
        migrations.AlterField(
            model_name="linkchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("contract_point", "contract at a point"),
                    ("meter_point", "meter at a point"),
                    ("contract", "a contract's own dates"),
                    ("supply_term", "a supply term's dates"),
                    ("grid_placement", "a point in a region"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(PLACE, UNPLACE),
    ]
