"""A queryset that is written once gives each call its own rows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import BooleanField, Q, QuerySet, Value
from django.db.models.expressions import ExpressionWrapper
from django.utils import timezone

from accounts.models import Membership, User
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from tests.factories.accounts import household

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, tzinfo=UTC)


@compiled_query
def _roles(*, user: User, at: datetime) -> QuerySet[Membership]:
    holding = Membership.objects.filter(Q(until=None) | Q(until__gt=at), user=user)
    return holding.select_related("user").annotate(mark=Value("100%"))


@compiled_query
def _people(*, keys: Keys, name: str, is_active: bool) -> QuerySet[User, tuple[int, str]]:
    people = User.objects.filter(pk__in=keys.rows, name__startswith="A").exclude(name=name)
    return people.filter(is_active=is_active).order_by("-name").values_list("pk", "name")


@compiled_query
def _of_any(*, keys: Keys) -> QuerySet[User, int]:
    return User.objects.filter(keys.match("pk")).order_by("pk").values_list("pk", flat=True)


@compiled_query
def _born(*, first: date, number: int) -> QuerySet[User, tuple[bool]]:
    late = ExpressionWrapper(Q(created__date__gte=first), BooleanField())
    return User.objects.filter(pk=number).annotate(late=late).values_list("late")


def test_each_call_has_its_own_rows():
    """Rows of models with what belongs to them, whoever asks first."""
    first, second = household(), household()
    Membership.objects.filter(user=second.owner).update(until=AT + timedelta(days=1))

    assert [(role.user_id, role.mark) for role in _roles(user=first.owner, at=AT)] == [
        (first.owner.pk, "100%")
    ]
    (role,) = _roles(user=second.owner, at=AT)
    assert (role.user_id, role.user.email) == (second.owner.pk, second.owner.email)
    assert _roles(user=second.owner, at=AT + timedelta(days=1)) == []
    assert len(_roles(user=first.owner, at=AT + timedelta(days=1))) == 1


def test_any_number_of_keys_is_one_value():
    """None of them, many of them; and a flag has a statement of its own."""
    people = [User.objects.create(email=f"{name}@example.com", name=name) for name in ("Ann", "Abe", "Bob")]
    people[1].is_active = False
    people[1].save()
    keys = [person.pk for person in people]

    assert _people(keys=Keys.of(keys), name="", is_active=True) == [(keys[0], "Ann")]
    assert _people(keys=Keys.of(keys), name="", is_active=False) == [(keys[1], "Abe")]
    assert _people(keys=Keys.of(keys), name="Ann", is_active=True) == []
    assert _people(keys=Keys.of([]), name="", is_active=True) == []


def test_numbers_and_dates_reach_the_statement():
    person = User.objects.create(email="ann@example.com")
    day = timezone.localdate(person.created)

    assert _born(first=day, number=person.pk) == [(True,)]
    assert _born(first=day + timedelta(days=1), number=person.pk) == [(False,)]
    assert _born(first=day, number=person.pk + 1) == []


def test_it_is_one_statement_and_planned_once(django_assert_num_queries):
    home = household()
    for _call in range(6):
        with django_assert_num_queries(1):
            _roles(user=home.owner, at=AT)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(custom_plans) FROM pg_prepared_statements WHERE statement LIKE %s", ["%100\\%%"]
        )
        assert cursor.fetchone() == (0,)


def test_a_value_that_a_statement_would_keep_is_refused():
    """Else each call had the limit of the first."""

    @compiled_query
    def some(*, most: int) -> QuerySet[User]:
        return User.objects.all()[:most]

    with pytest.raises(ValueError, match="most"):
        some(most=3)


def test_values_have_names():
    with pytest.raises(TypeError):
        _roles(household().owner, AT)


def test_a_column_may_be_one_of_any_number_of_keys():
    keys = [User.objects.create(email=f"{name}@example.com", name=name).pk for name in ("Ann", "Abe", "Bob")]

    assert _of_any(keys=Keys.of(keys[:2])) == keys[:2]
    assert _of_any(keys=Keys.of(keys[2:])) == keys[2:]
    assert _of_any(keys=Keys.of([])) == []
