from django.db import models
from django.db.migrations import AlterField
from django.db.migrations.state import ModelState, ProjectState

from cdsc_portal.lib.db.state_operations import StateOperations


def test_models_are_built_once_after_all_new_names(monkeypatch):
    state = ProjectState()
    fields = [(name, models.IntegerField()) for name in ("price", "amount", "year")]
    state.add_model(ModelState("shop", "Sale", [("id", models.AutoField(primary_key=True)), *fields]))
    assert state.apps.get_model("shop", "Sale")
    built = []
    build = ModelState.render
    monkeypatch.setattr(
        ModelState, "render", lambda model, apps: built.append(model.name) or build(model, apps)
    )

    names = [AlterField("Sale", name, models.IntegerField(f"the {name}")) for name, _ in fields]
    StateOperations(state_operations=names).state_forwards("shop", state)

    sale = state.apps.get_model("shop", "Sale")._meta
    assert [sale.get_field(name).verbose_name for name, _ in fields] == [
        "the price",
        "the amount",
        "the year",
    ]
    assert built == ["Sale"]
