"""The style guide shows every component: what is missing there is drawn anew by whoever does not find it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from lxml import html

pytestmark = pytest.mark.django_db
SHEETS = ("controls", "boxes", "panels", "lists", "navigation", "charts")
# takes the focus from whoever opens its page: the guide has its markup
WRITTEN_OUT = {"_error_summary.html"}


@pytest.fixture
def guide(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("ana@example.com"))
    return client.get("/styleguide/")


def test_the_guide_shows_every_template_of_a_component(guide):
    every = {path.name for path in Path(settings.BASE_DIR, "templates", "components").glob("_*.html")}

    shown = {template.name.removeprefix("components/") for template in guide.templates if template.name}

    assert every - shown == WRITTEN_OUT


def test_the_guide_shows_every_class_that_a_stylesheet_lists_as_a_component(guide):
    classes = " ".join(html.fromstring(guide.content.decode()).xpath("//@class")).split()
    listed = {
        name
        for sheet in SHEETS
        for name in re.findall(
            r"(?<![\w/])\.([a-z][\w-]*)",
            Path(settings.BASE_DIR, "static", "css", f"{sheet}.css").read_text().split("*/")[0],
        )
    }

    assert len(listed) > 40
    assert listed - set(classes) == set()
