"""Every code that an answer can carry, with its cause and its remedy; a test holds the lists against the code."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code. `status` of HTTP; for an answer that travels in a redirect, 302."""

    status: int
    code: str
    cause: str | Promise
    remedy: str | Promise


API_ERRORS = (
    ErrorCode(
        400,
        "invalid_parameter",
        _("A parameter is unknown, or its value cannot be read."),
        _("The member parameter names it."),
    ),
    ErrorCode(
        400,
        "invalid_request",
        _("A member of the body or a filter cannot be taken, or the access token was in the address."),
        _(
            "The text says which. A token belongs in the Authorization header; give one that was in an address back, "
            "since addresses end up in logs."
        ),
    ),
    ErrorCode(
        401,
        "token_needed",
        _("The call carries no access token."),
        _("Send Authorization: Bearer and the token."),
    ),
    ErrorCode(
        401,
        "client_needed",
        _("The grid's own series were asked for without the id and secret of a registered client."),
        _("Send them by HTTP Basic, as at the token endpoint. Tokens of consents do not count there."),
    ),
    ErrorCode(
        401,
        "invalid_token",
        _("The token is unknown, too old, given back, or its consent has ended; they look the same."),
        _("Refresh it once. If that fails, the customer has to be asked again."),
    ),
    ErrorCode(
        403,
        "insufficient_scope",
        _("The consent does not open this resource."),
        _("The member scope says which scopes do. Ask the customer for one of them."),
    ),
    ErrorCode(
        403,
        "withheld",
        _("The document also covers services that were not shared."),
        _("Ask for all services of the bill, or use bill_data."),
    ),
    ErrorCode(
        404,
        "not_found",
        _("There is nothing at this address, or it is not yours; they look the same."),
        _("Follow addresses as the API gave them."),
    ),
    ErrorCode(
        405,
        "method_not_allowed",
        _("This address does not take this method."),
        _("The header Allow names those it takes."),
    ),
    ErrorCode(
        406,
        "not_acceptable",
        _("The answer does not come in any form that you accept."),
        _("Accept application/json; series also come as text/csv."),
    ),
    ErrorCode(
        400,
        "bad_request",
        _("The request is not one that the server can read: a broken address, header or host name."),
        _("Send it as the address was given."),
    ),
    ErrorCode(
        403,
        "forbidden",
        _("The address is a page for people, and not open to this caller."),
        _("Use the addresses of the API."),
    ),
    ErrorCode(
        403,
        "form_refused",
        _("A form of a page came without its token, too late or twice."),
        _("Programs send no forms: use the addresses of the API."),
    ),
    ErrorCode(
        409,
        "broken_seal",
        _(
            "The server holds something that it cannot open: a key was changed. Pages of people meet it, not the API."
        ),
        _("Tell support the member reference."),
    ),
    ErrorCode(
        429,
        "too_many_requests",
        _("Too many attempts at a page that is limited."),
        _("Wait for the seconds in Retry-After."),
    ),
    ErrorCode(
        416,
        "range_not_satisfiable",
        _("The range asked for begins behind the end of the file."),
        _("The header Content-Range says how long it is. Ask without Range if yours is whole."),
    ),
    ErrorCode(
        429,
        "too_many_streams",
        _("As many files as one client may download at once are on their way already."),
        _("Wait until one of them has ended, and at least for the seconds in Retry-After."),
    ),
    ErrorCode(
        500,
        "server_error",
        _("Something went wrong on the server."),
        _("Tell support the member reference."),
    ),
    ErrorCode(
        503,
        "unavailable",
        _("The database does not answer, or the service is being maintained."),
        _("Send the same request again after the seconds in Retry-After."),
    ),
)
CDS_ERRORS = (
    ErrorCode(
        400,
        "invalid_client_metadata",
        _("A member of a registration, or of an object that is replaced, cannot be taken."),
        _("error_description begins with the name of the member."),
    ),
    ErrorCode(
        400,
        "invalid_redirect_uri",
        _("A redirect address is not one that customers may be sent to."),
        _("Use https with your own host, without user, fragment or wildcard."),
    ),
    ErrorCode(
        413,
        "request_too_large",
        _("The body is longer than this address reads."),
        _("The text says how many bytes are read."),
    ),
    ErrorCode(
        415,
        "unsupported_media_type",
        _("The body is not JSON."),
        _("Send Content-Type: application/json."),
    ),
)
FEED_ERRORS = (
    ErrorCode(400, "empty_file", _("The body is empty."), _("Send the file as the body.")),
    ErrorCode(
        400,
        "body_ended_early",
        _("The connection ended before the file did."),
        _("Send the whole file again: nothing was kept."),
    ),
    ErrorCode(411, "length_required", _("The header Content-Length is missing."), _("Send it.")),
    ErrorCode(
        413,
        "too_large",
        _("The file is larger than this server takes."),
        _("Send it in parts, or ask the operator for a larger limit."),
    ),
    ErrorCode(
        415, "not_the_file", _("The body has an encoding or a form around it."), _("Send the file as it is.")
    ),
    ErrorCode(
        429, "too_many_calls", _("Too many calls in a minute."), _("Wait for the seconds in Retry-After.")
    ),
)
OAUTH_ERRORS = (
    ErrorCode(
        302,
        "access_denied",
        _("The customer said no, or gave up the login."),
        _("Respect it. Ask again only when the customer starts it."),
    ),
    ErrorCode(
        400,
        "invalid_request",
        _("A parameter is missing, doubled or not what the standard asks for."),
        _("The member error_description names it."),
    ),
    ErrorCode(
        400,
        "invalid_scope",
        _("A scope is unknown, or not open to you."),
        _("Use the names in scopes_supported."),
    ),
    ErrorCode(
        400,
        "invalid_authorization_details",
        _("A member of authorization_details is wrong; error_description says which and why."),
        _("Compare it with the scope's page."),
    ),
    ErrorCode(
        302,
        "no_preselections",
        _("None of the services you named is this customer's."),
        _("Ask the customer which account it is, or leave services out."),
    ),
    ErrorCode(
        400,
        "invalid_request_uri",
        _("The pushed request is unknown, too old or already used."),
        _(
            "Push the request again, and send the customer on at once: the answer said for how many seconds it lives."
        ),
    ),
    ErrorCode(
        400,
        "invalid_grant",
        _(
            "The code or the refresh token is unknown, too old or already used, or the customer has stopped sharing."
        ),
        _("Never use a code twice. Ask the customer again."),
    ),
    ErrorCode(
        401,
        "invalid_client",
        _("The client is unknown, suspended, or its secret is wrong."),
        _("Check the credentials; staff of the utility can say whether the client is active."),
    ),
    ErrorCode(
        400,
        "unauthorized_client",
        _("This client may not use this way of asking."),
        _("Use the authorization code with PKCE."),
    ),
    ErrorCode(
        400,
        "unsupported_grant_type",
        _("The token endpoint knows authorization_code and refresh_token only."),
        _("Use one of them."),
    ),
    ErrorCode(
        400,
        "unsupported_response_type",
        _("The request asks for another answer than a code."),
        _("Send response_type=code."),
    ),
    ErrorCode(
        429,
        "temporarily_unavailable",
        _("Too many calls in a minute."),
        _("Wait for the seconds in Retry-After."),
    ),
)
