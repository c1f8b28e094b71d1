"""Migrations of a release are refused if the release before could not serve beside them."""

from pathlib import Path

import pytest

from tools.migration_lint import FIRST_RELEASE, problems

NEXT = FIRST_RELEASE["datahub"] + 1


def problems_of(tmp_path, operations, number=NEXT, app="datahub"):
    path = Path(tmp_path, app, "migrations", f"{number:04}_rows.py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"operations = [{operations}]")
    return [line.partition(": ")[2] for line in problems(path)]


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        ('AddField(model_name="a", name="b", field=models.IntegerField(default=0))', "say db_default"),
        ('AddIndex(model_name="a", index=models.Index(fields=["b"]))', "CONCURRENTLY"),
        (
            'AddConstraint(model_name="a", constraint=models.UniqueConstraint(fields=["b"], name="c"))',
            "CONCURRENTLY",
        ),
        ('RunSQL("CREATE INDEX c ON a (b)", "DROP INDEX c")', "CONCURRENTLY"),
        ('RunSQL("create unique index c\\n on a (b)", "DROP INDEX c")', "CONCURRENTLY"),
        ('RemoveField(model_name="a", name="b")', "breaks the release"),
        ('AddField(model_name="a", name="b", field=models.IntegerField())', "must be null or have"),
    ],
)
def test_what_the_release_before_cannot_live_with_is_refused(tmp_path, operation, word):
    (problem,) = problems_of(tmp_path, operation)

    assert word in problem


@pytest.mark.parametrize(
    "operation",
    [
        'AddField(model_name="a", name="b", field=models.IntegerField(default=0, db_default=0))',
        'AddField(model_name="a", name="b", field=models.IntegerField(null=True))',
        'AddIndexConcurrently(model_name="a", index=models.Index(fields=["b"]))',
        'CreateModel(name="A", fields=[]), AddIndex(model_name="a", index=models.Index(fields=["b"]))',
        'AddConstraint(model_name="a", constraint=models.CheckConstraint(condition=1, name="c"))',
        'RunSQL("CREATE INDEX CONCURRENTLY c ON a (b)", "DROP INDEX c")',
        'RunSQL("CREATE TABLE a (b int); CREATE INDEX c ON a (b)", "DROP TABLE a")',
    ],
)
def test_what_only_adds_passes(tmp_path, operation):
    assert problems_of(tmp_path, operation) == []


def test_migrations_of_the_first_release_may_lock(tmp_path):
    assert (
        problems_of(tmp_path, 'AddIndex(model_name="a", index=None)', number=FIRST_RELEASE["datahub"]) == []
    )
