"""Parameters as they come in: each once, in UTF-8, an empty one as if left out (RFC 6749 sections 3.1, 3.2)."""

from urllib.parse import parse_qsl

from django.http import HttpRequest

FORM = "application/x-www-form-urlencoded"
_REPEATABLE = frozenset({"resource"})  # RFC 8707
GRANT_ID = "cds_grant_id"
SEPARATOR = "\x00"  # between several grant ids, which are judged after all other parameters
_LENGTH_DIGITS = 18  # more are no length of anything, and too many for int()


class MalformedParametersError(ValueError):
    """The parameters cannot be told apart; the message names the one at fault."""


def parameters(encoded: str) -> dict[str, str]:
    """Decode a query string or form body. Raises MalformedParametersError: repeated, not UTF-8, NUL inside."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise MalformedParametersError("The parameters are not form-encoded UTF-8.") from error
    decoded: dict[str, str] = {}
    for name, value in pairs:
        if "\x00" in name + value:
            raise MalformedParametersError("A parameter has a NUL character.")
        if name == GRANT_ID:
            decoded[name] = SEPARATOR.join(filter(None, (decoded.get(name), value)))
            continue
        if name in decoded and name not in _REPEATABLE:
            raise MalformedParametersError(f"The parameter {name} is there more than once.")
        decoded[name] = value
    return {name: value for name, value in decoded.items() if value}


def form_parameters(request: HttpRequest, *, limit: int) -> dict[str, str]:
    """The parameters of a form body. Raises MalformedParametersError, BodyTooLargeError beyond `limit` bytes."""
    length = request.headers.get("Content-Length") or "0"
    if not (length.isascii() and length.isdigit()):
        raise MalformedParametersError("Content-Length is no number.")
    if len(length) > _LENGTH_DIGITS or int(length) > limit:
        raise BodyTooLargeError(limit)
    if request.content_type != FORM:
        raise MalformedParametersError(f"The body must be {FORM}.")
    if request.META.get("QUERY_STRING"):
        raise MalformedParametersError("Parameters belong in the body, not in the address.")
    body = request.read(limit + 1)
    if len(body) > limit:
        raise BodyTooLargeError(limit)
    try:
        return parameters(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedParametersError("The body is not UTF-8.") from error


class BodyTooLargeError(ValueError):
    """The body has more bytes than the endpoint reads."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request is too large; at most {limit} bytes are read.")
