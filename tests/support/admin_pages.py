"""Pages of the staff's site."""

import re
from collections.abc import Iterator

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import URLPattern, URLResolver

from accounts.models import User
from tests.factories.accounts import (
    UserFactory,
)


def url_of(target) -> str:
    return f"/admin/accounts/{target._meta.model_name}/{target.pk}/change/"


def form_of(page) -> dict[str, str]:
    """What a browser would send back unchanged."""
    data = {}
    forms = [page.context["adminform"].form]
    for formset in page.context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    for form in forms:
        for field in form:
            widget = field.field.widget
            value = field.value()
            if hasattr(widget, "decompress"):
                for part, part_value in enumerate(widget.decompress(value)):
                    data[f"{field.html_name}_{part}"] = "" if part_value is None else str(part_value)
            elif isinstance(value, list):
                data[field.html_name] = value
            elif value is not None and value is not False:
                data[field.html_name] = str(value)
    return data


def of_role(role: str) -> User:
    clerk = UserFactory(is_staff=True)
    clerk.groups.add(Group.objects.get(name=role))
    return clerk


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/admin/") -> Iterator[str]:
    """Of the whole admin, each parameter as `{}`; not those that are given by a regular expression."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif "(?P" not in route:
            yield re.sub(r"<[^>]+>", "{}", route)


ADDRESSES = sorted(set(addresses(admin.site.get_urls())))


def with_key(address: str) -> str:
    """Of a stored row, where there is one; of people a customer, whom most roles may act for."""
    if "{}" not in address:
        return address
    app, name = address.split("/")[2:4]
    model: type[Model] = apps.get_model(app, name)
    order = ("is_staff", "pk") if name == "user" else ("pk",)
    first = model._default_manager.order_by(*order).first()
    return address.replace("{}", str(first.pk if first else 1))
