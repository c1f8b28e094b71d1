"""The Clients API: a registration's own objects (R-74 to R-93)."""

from django.http import HttpResponse

from consent.api.cds import endpoints
from consent.api.cds.calls import AdminCall, admin_endpoint, not_here
from consent.api.cds.client_objects import client_object, field_names
from consent.api.cds.documents import json_answer
from consent.api.cds.listing import listed_words, newest_first
from consent.api.cds.problems import Refused
from consent.models import Client
from consent.oauth.redirects import default_redirect_uri
from consent.queries.registration_objects import objects_of
from consent.services.third_parties.client_changes import replace_client
from consent.services.third_parties.client_values import ValueRefused

_FILTERS = ("client_ids",)


def list_clients(call: AdminCall) -> HttpResponse:
    """Newest change first (R-178, R-179). Two queries."""
    clients = objects_of(registration=call.access.registration_id)
    if ids := listed_words(call.query, "client_ids"):
        clients = clients.filter(client_id__in=ids)
    page = newest_first(clients, call.query, by="modified", url=endpoints.CLIENTS.url(), filters=_FILTERS)
    names = field_names()
    return json_answer(
        {
            "clients": [client_object(client, names) for client in page.items],
            "next": page.next,
            "previous": page.previous,
        }
    )


def get_client(call: AdminCall, client_id: str) -> HttpResponse:
    return json_answer(client_object(own_object(call, client_id), field_names()))


def put_client(call: AdminCall, client_id: str) -> HttpResponse:
    """Full replacement (RFC 7592 2.2): 200, or 202 where something of it waits for staff (R-90, R-91)."""
    client, names = own_object(call, client_id), field_names()
    try:
        replaced = replace_client(
            client=client,
            sent=call.body,
            shown=client_object(client, names),
            default_redirect_uri=default_redirect_uri(),
            changed_uri=endpoints.CLIENT.url(client_id=client_id),
            at=call.at,
        )
    except ValueRefused as refused:
        raise Refused(400, refused.error, str(refused)) from refused
    replaced.client.registration = client.registration
    return json_answer(client_object(replaced.client, names), status=202 if replaced.waits else 200)


def own_object(call: AdminCall, client_id: str) -> Client:
    """The object of the caller's registration with this id. Raises Refused (404)."""
    client = objects_of(registration=call.access.registration_id).filter(client_id=client_id).first()
    if client is None:
        raise not_here()
    return client


clients = admin_endpoint(get=list_clients)
client = admin_endpoint(get=get_client, put=put_client)
