"""A listing of grants: a page of 100 beside REST framework's way, and out of 100,000 beside out of 1,000."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from django.db import connection
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from benchmarks.measure import Figure, at_least, medians, prepare_to_measure
from cdsc_portal.lib.time import clock
from consent.access import AdminAccess
from consent.api.cds.calls import AdminCall
from consent.api.cds.grants import list_grants
from consent.models import Client, Grant, Receipt
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory

FEW, MANY, PAGE = 1_000, 100_000, 100
_ROUNDS = 8
# over two years; every tenth changed within a month; a hundred of each kind that is rare, however many there are
_GRANTS = """
    INSERT INTO consent_grant (
        public_id, client_id, user_id, kind, status, scope, authorization_details, created, modified, access_ends,
        partial_from, refreshable, parent_id
    )
    SELECT left(md5(%(mark)s || number), 20), %(client)s, %(user)s, 'customer',
        CASE WHEN number %% 5 = 0 THEN 'revoked' WHEN number %% 7 = 0 THEN 'partial' ELSE 'active' END,
        CASE WHEN number %% 3 = 0 THEN 'usage_data bill_data' WHEN number %% %(rare)s IN (1, 4) THEN 'bill_statements'
            ELSE 'usage_data' END,
        CASE WHEN number %% 3 = 0
            THEN '[{"type": "usage_data", "services": ["1"]}, {"type": "bill_data", "services": ["1"]}]'::jsonb
            WHEN number %% %(rare)s IN (1, 4) THEN '[{"type": "bill_statements", "services": ["1"]}]'
            ELSE '[{"type": "usage_data", "services": ["1"]}]' END,
        made.at, made.at + CASE WHEN number %% 10 = 0 THEN number %% 30 * interval '1 day' ELSE interval '0' END,
        %(now)s + interval '1 year', %(now)s + interval '1 year', true,
        CASE WHEN number %% %(rare)s = 2 THEN %(parent)s::bigint END
    FROM generate_series(1, %(count)s) number,
        LATERAL (SELECT %(now)s - interval '760 days' + number * interval '730 days' / %(count)s AS at) made
"""
_PARTS = """
    INSERT INTO consent_grantpart (grant_id, scope, position, access_ends, resolution, meters)
    SELECT listed.id, word, position, listed.access_ends, '', '[]'
    FROM consent_grant listed, unnest(string_to_array(listed.scope, ' ')) WITH ORDINALITY AS words (word, position)
    WHERE listed.client_id = %(client)s AND listed.id <> %(parent)s
"""
_RECEIPTS = """
    INSERT INTO consent_receipt (grant_id, number, created, facts, personal)
    SELECT id, left(md5('receipt' || id), 12), created, '{}', '{}' FROM consent_grant
    WHERE client_id = %(client)s AND id <> %(parent)s
"""


class GrantSerializer(serializers.ModelSerializer[Grant]):
    """The members of a grant that are columns of its own or of what hangs on it, in the plain way."""

    client_id = serializers.SlugRelatedField(source="client", slug_field="client_id", read_only=True)
    parent = serializers.SlugRelatedField(slug_field="public_id", read_only=True)
    children = serializers.SlugRelatedField(slug_field="public_id", many=True, read_only=True)
    replaced = serializers.SlugRelatedField(slug_field="public_id", many=True, read_only=True)
    receipts = serializers.SlugRelatedField(slug_field="number", many=True, read_only=True)
    parts = serializers.SlugRelatedField(slug_field="scope", many=True, read_only=True)

    class Meta:
        model = Grant
        fields = (
            "public_id", "replaced", "parent", "children", "created", "modified", "not_before", "access_ends", "eta",
            "status", "client_id", "scope", "authorization_details", "receipts", "parts",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """A third party with so many grants; `rows` are their database keys, oldest first."""

    client: Client
    parent: Grant
    rows: list[int]

    def page(self, **query: str) -> bytes:
        """What the API answers, from the parameters to the bytes."""
        access = AdminAccess(self.client.registration_id or 0, 0, 0, 0)
        call = AdminCall(access, QueryDict(urlencode(query)), clock.now())
        return list_grants(call).content

    def serialized(self) -> bytes:
        """The newest page by REST framework, with everything fetched at once that it needs."""
        rows = Grant.objects.filter(client__registration=self.client.registration_id)
        rows = rows.select_related("client", "parent").prefetch_related(
            "children", "replaced", "receipts", "parts"
        )
        return JSONRenderer().render(
            GrantSerializer(rows.order_by("-modified", "-pk")[:PAGE], many=True).data
        )

    def queries(self) -> dict[str, dict[str, str]]:
        """A use of each filter that finds a page, at least."""
        middle = self.rows[len(self.rows) // 2 :: max(1, len(self.rows) // 2 // PAGE)][:PAGE]
        grants = dict(Grant.objects.filter(pk__in=middle).values_list("public_id", "created"))
        numbers = Receipt.objects.filter(grant__in=middle).values_list("number", flat=True)
        moment = min(grants.values()).isoformat()
        return {
            "no filter": {},
            "grant_ids": {"grant_ids": " ".join(grants)},
            "parents": {"parents": self.parent.public_id},
            "statuses": {"statuses": "revoked partial"},
            "client_ids": {"client_ids": self.client.client_id},
            "scopes, a rare one": {"scopes": "bill_statements"},
            "scopes, a common one": {"scopes": "bill_data"},
            "receipt_confirmations": {"receipt_confirmations": " ".join(numbers)},
            "after": {"after": moment},
            "before": {"before": moment},
        }


def build(count: int) -> Listing:
    client = ClientFactory(allowed_scopes=["usage_data", "bill_data", "bill_statements"])
    user, now = UserFactory(), clock.now()
    parent = Grant.objects.create(
        client=client, user=user, status="active", scope="usage_data", authorization_details=[]
    )
    values = {
        "mark": client.client_id, "client": client.pk, "user": user.pk, "now": now, "count": count,
        "rare": count // PAGE, "parent": parent.pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_GRANTS, _PARTS, _RECEIPTS):
            cursor.execute(statement, values)
    rows = Grant.objects.filter(client=client).exclude(pk=parent.pk).order_by("created")
    return Listing(client, parent, list(rows.values_list("pk", flat=True)))


def figures() -> Iterator[Figure]:
    few, many = build(FEW), build(MANY)
    prepare_to_measure()
    value, serializer = medians(many.page, many.serialized, rounds=_ROUNDS)
    yield at_least(
        f"grants, {PAGE} out of {MANY}: ModelSerializer over the rows / ours", "ms", serializer, value, 4
    )
    of_few = few.queries()
    for name, query in many.queries().items():
        sizes = [_size(few, of_few[name]), _size(many, query)]
        if sizes != [PAGE, PAGE]:
            raise RuntimeError(f"{name}: {sizes} grants, both pages must be full")
        small, large = medians(_reads(few, of_few[name]), _reads(many, query), rounds=_ROUNDS)
        yield at_least(f"grants, {name}: out of {FEW} / out of {MANY}", "ms", small, large, 0.8)


def _size(listing: Listing, query: dict[str, str]) -> int:
    return len(orjson.loads(listing.page(**query))["grants"])


def _reads(listing: Listing, query: dict[str, str]) -> Callable[[], bytes]:
    return lambda: listing.page(**query)
