import cdsc_portal.lib.time.clock
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_people_invited"),
        ("datahub", "0011_bills_and_mix"),
    ]

    operations = [
        migrations.CreateModel(
            name="MixAmount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("region", models.CharField(max_length=50)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("generated", "net generation"),
                            ("issued", "certificates issued for this production"),
                            ("expired", "certificates that ended unused"),
                            ("tracked", "claimed without certificates"),
                            ("cancelled", "certificates cancelled for a tariff or contract"),
                            ("consumed", "all consumption of the region"),
                            ("attribute", "what fills a deficit, in proportion"),
                        ],
                        max_length=10,
                    ),
                ),
                ("tariff_code", models.CharField(blank=True, default="", max_length=50)),
                ("source", models.CharField(blank=True, max_length=50)),
                ("start", models.DateTimeField()),
                ("seconds", models.PositiveIntegerField()),
                ("wh", models.BigIntegerField(verbose_name="watt-hours")),
                ("provisional", models.BooleanField(default=False)),
                ("modified", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ("synced", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.servicecontract",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datahub.feedrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MixAmountHistory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("region", models.CharField(max_length=50)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("generated", "net generation"),
                            ("issued", "certificates issued for this production"),
                            ("expired", "certificates that ended unused"),
                            ("tracked", "claimed without certificates"),
                            ("cancelled", "certificates cancelled for a tariff or contract"),
                            ("consumed", "all consumption of the region"),
                            ("attribute", "what fills a deficit, in proportion"),
                        ],
                        max_length=10,
                    ),
                ),
                ("tariff_code", models.CharField(blank=True, default="", max_length=50)),
                ("source", models.CharField(blank=True, max_length=50)),
                ("start", models.DateTimeField()),
                ("seconds", models.PositiveIntegerField()),
                ("wh", models.BigIntegerField(verbose_name="watt-hours")),
                ("provisional", models.BooleanField(default=False)),
                ("modified", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ("replaced", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.servicecontract",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datahub.feedrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MixDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("region", models.CharField(max_length=50)),
                ("day", models.DateField(verbose_name="day (UTC)")),
                ("due", models.DateTimeField(db_index=True, null=True)),
                ("worked_out", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["region", "day"],
            },
        ),
        migrations.CreateModel(
            name="MixShareHistory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "series",
                    models.CharField(
                        choices=[
                            ("generation_breakdown", "the grid's generation"),
                            ("consumption_breakdown", "a tariff's generation"),
                            ("residual_mix", "what no certificate covers"),
                        ],
                        max_length=30,
                    ),
                ),
                ("key", models.CharField(max_length=50)),
                ("region", models.CharField(blank=True, db_default="", default="", max_length=50)),
                ("start", models.DateTimeField()),
                ("seconds", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=50)),
                ("share", models.DecimalField(decimal_places=10, max_digits=12, null=True)),
                ("quantity", models.BigIntegerField(null=True, verbose_name="watt-hours")),
                (
                    "beyond",
                    models.BigIntegerField(
                        db_default=0, default=0, verbose_name="watt-hours tracked beyond generation"
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("published", "as published"),
                            ("issuance", "by certificates issued, balanced with use"),
                            ("domestic", "by certificates issued, not balanced"),
                        ],
                        db_default="published",
                        default="published",
                        max_length=20,
                    ),
                ),
                ("provisional", models.BooleanField(db_default=False, default=False)),
                (
                    "worked_out",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="worked out here, not told by a file"
                    ),
                ),
                ("modified", models.DateTimeField(default=cdsc_portal.lib.time.clock.now)),
                ("replaced", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.servicecontract",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datahub.feedrun",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="mixshare",
            name="one_share_of_a_source",
        ),
        migrations.AddField(
            model_name="mixshare",
            name="beyond",
            field=models.BigIntegerField(
                db_default=0, default=0, verbose_name="watt-hours tracked beyond generation"
            ),
        ),
        migrations.AddField(
            model_name="mixshare",
            name="contract",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.servicecontract",
            ),
        ),
        migrations.AddField(
            model_name="mixshare",
            name="method",
            field=models.CharField(
                choices=[
                    ("published", "as published"),
                    ("issuance", "by certificates issued, balanced with use"),
                    ("domestic", "by certificates issued, not balanced"),
                ],
                db_default="published",
                default="published",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="mixshare",
            name="origin",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="datahub.feedrun",
            ),
        ),
        migrations.AddField(
            model_name="mixshare",
            name="provisional",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="mixshare",
            name="quantity",
            field=models.BigIntegerField(null=True, verbose_name="watt-hours"),
        ),
        migrations.AddField(
            model_name="mixshare",
            name="region",
            field=models.CharField(blank=True, db_default="", default="", max_length=50),
        ),
        migrations.AddField(
            model_name="mixshare",
            name="worked_out",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="worked out here, not told by a file"
            ),
        ),
        migrations.AddIndex(
            model_name="mixshare",
            index=models.Index(
                condition=models.Q(("contract__isnull", False)),
                fields=["contract", "start"],
                name="share_of_contract",
            ),
        ),
        migrations.AddConstraint(
            model_name="mixshare",
            constraint=models.UniqueConstraint(
                fields=("series", "key", "start", "source", "region", "contract"),
                name="one_share_of_a_source_somewhere",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="mixday",
            constraint=models.UniqueConstraint(fields=("region", "day"), name="one_day_of_a_region"),
        ),
        migrations.AddConstraint(
            model_name="mixamount",
            constraint=models.UniqueConstraint(
                fields=("region", "start", "kind", "seconds", "source", "tariff_code", "contract"),
                name="one_amount",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="mixamount",
            constraint=models.CheckConstraint(condition=models.Q(("wh__gte", 0)), name="amount_not_below_0"),
        ),
        migrations.AddIndex(
            model_name="mixamounthistory",
            index=models.Index(fields=["region", "start"], name="history_of_amount"),
        ),
        migrations.AddIndex(
            model_name="mixsharehistory",
            index=models.Index(fields=["series", "key", "start"], name="history_of_share"),
        ),
    ]
