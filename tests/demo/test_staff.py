"""The demo's staff: one who may do everything, and a person of each role; so a consent by phone has two people."""

import pytest

from accounts.models import User
from cdsc_portal.web.staff_roles import ROLES
from demo.installation import prepare
from demo.tour import show

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(tmp_path):
    return prepare(tmp_path, port=8000, months=2)


def test_there_is_a_person_of_each_role_and_two_who_may_stand_for_a_consent(demo):
    staff = User.objects.filter(is_staff=True)
    may_confirm = [user for user in staff if user.has_perm("consent.confirm_recordedconsent")]

    assert {group.name for user in staff for group in user.groups.all()} == set(ROLES)
    assert [user.email for user in staff if user.is_superuser] == ["staff@example.com"]
    assert len(may_confirm) == 3
    assert [user["role"] for user in demo.users[:5]] == ["owner", "owner", "owner", "viewer", "staff"]


def test_starting_anew_keeps_them(demo, tmp_path):
    before = set(User.objects.filter(is_staff=True).values_list("pk", flat=True))

    prepare(tmp_path, port=8000, months=2)

    assert set(User.objects.filter(is_staff=True).values_list("pk", flat=True)) == before


def test_their_logins_are_printed(demo, capsys):
    show(demo, third_party="http://127.0.0.1:8001/", seconds=1)

    printed = capsys.readouterr().out
    logins = {user["role"]: user for user in demo.users}
    assert all(logins[role]["email"] in printed and logins[role]["password"] in printed for role in ROLES)
