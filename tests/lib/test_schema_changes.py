"""A migration holds what the database holds."""

import pytest
from django.core.management import get_commands
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from cdsc_portal.lib.db.schema_changes import SchemaChanges


def state(field, **options):
    fields = [("id", models.AutoField(primary_key=True)), ("kind", field)]
    return ProjectState({("shop", "sale"): ModelState("shop", "Sale", fields, options)})


def changes(former, now):
    by_app = SchemaChanges(former, now)._detect_changes()
    return [operation for migration in by_app.get("shop", ()) for operation in migration.operations]


def kind(*, length=10, **names):
    return models.CharField(max_length=length, **names)


@pytest.mark.parametrize(
    "now",
    [
        state(kind(verbose_name="kind of sale")),
        state(kind(help_text="Which it is")),
        state(kind(choices=[("a", "A")])),
        state(kind(), verbose_name="sale", verbose_name_plural="sales"),
    ],
)
def test_a_name_a_help_text_and_a_choice_are_none_of_its_matter(now):
    assert changes(state(kind()), now) == []


def test_what_the_database_holds_is_seen_and_written_without_names():
    now = state(kind(length=20, verbose_name="kind", choices=[("a", "A")]), ordering=["kind"])

    by_kind = {type(operation).__name__: operation for operation in changes(state(kind()), now)}

    assert set(by_kind) == {"AlterField", "AlterModelOptions"}
    assert by_kind["AlterField"].field.deconstruct()[3] == {"max_length": 20}


def test_the_states_that_were_given_keep_their_names():
    now = state(kind(verbose_name="kind of sale"), verbose_name="sale")

    changes(state(kind()), now)

    assert now.models["shop", "sale"].options["verbose_name"] == "sale"
    assert now.models["shop", "sale"].fields["kind"].verbose_name == "kind of sale"


@pytest.mark.parametrize("command", ["makemigrations", "migrate"])
def test_both_commands_look_so(command):
    assert get_commands()[command] == "cdsc_portal.web"
