"""A browser app without a secret, on a page of its own origin: it gets tokens and reads data by itself (CORS)."""

import pytest

from consent.models import Client, Disclosure
from tests.consent.oauth.third_party import VERIFIER, ThirdParty
from tests.factories.accounts import household
from tests.factories.consent import ClientFactory, GrantFactory, GrantPartFactory

pytestmark = pytest.mark.journey

APP = """async ({portal, client_id, code, redirect_uri, code_verifier}) => {
  const call = async (path, options) => {
    try {
      const answer = await fetch(portal + path, options);
      return {status: answer.status, etag: answer.headers.get("ETag"), text: await answer.text()};
    } catch (error) {
      return {status: 0, etag: null, text: ""};
    }
  };
  const form = (fields) => ({method: "POST", body: new URLSearchParams(fields)});
  const exchange = {grant_type: "authorization_code", client_id, code, redirect_uri, code_verifier};
  const token = await call("/oauth/token", form(exchange));
  const headers = {Authorization: "Bearer " + JSON.parse(token.text).access_token};
  const data = await call("/usage_data", {headers});
  return {
    token: token.status,
    head: (await call("/usage_data", {headers, method: "HEAD"})).status,
    data: data.status,
    again: (await call("/usage_data", {headers: {...headers, "If-None-Match": data.etag}, cache: "no-store"})).status,
    cookies: (await call("/usage_data", {headers, credentials: "include"})).status,
    secret: (await call("/oauth/token", form({...exchange, client_secret: "word"}))).status,
    replayed: (await call("/oauth/token", form(exchange))).status,
    ended: (await call("/usage_data", {headers})).status,
  };
}"""


@pytest.mark.spec("X-03", "X-17", "X-18")
def test_a_page_exchanges_its_code_and_reads_what_was_shared(browser_page, live_server, company_site):
    home = household()
    app = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC, redirect_uris=company_site.callback))
    grant = GrantFactory(client=app.client, user=home.owner)
    GrantPartFactory(grant=grant, contracts=[home.contract])
    page = browser_page(also=[company_site.host])
    page.goto(company_site.callback)

    answers = page.evaluate(
        APP,
        {
            "portal": live_server.url,
            "client_id": app.client.client_id,
            "code": app.code_for(grant),
            "redirect_uri": company_site.callback,
            "code_verifier": VERIFIER,
        },
    )

    assert answers == {
        "token": 200,
        "head": 200,
        "data": 200,
        "again": 304,
        "cookies": 0,  # the browser does not even send it
        "secret": 0,
        "replayed": 400,
        "ended": 401,
    }
    assert Disclosure.objects.count() == 1  # HEAD and 304 are none
