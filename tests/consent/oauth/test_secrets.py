"""Nothing that opens data is written to a log, whatever its level."""

import logging

import pytest


@pytest.mark.spec("X-18")
def test_no_log_at_any_level_has_a_secret(third_party, grant, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    code = third_party.code_for(grant)
    first = third_party.exchange(code).json()
    second = third_party.refresh(first["refresh_token"]).json()
    third_party.introspect(second["access_token"])
    third_party.exchange(code)
    request_uri = third_party.push().json()["request_uri"]
    third_party.arrive(request_uri)
    third_party.arrive(request_uri)
    third_party.revoke(second["refresh_token"])

    written = caplog.text + "".join(capfd.readouterr())

    secrets = [code, third_party.secret, request_uri]
    secrets += [body[name] for body in (first, second) for name in ("access_token", "refresh_token")]
    assert "request.refused" in written
    for secret in secrets:
        assert secret not in written
