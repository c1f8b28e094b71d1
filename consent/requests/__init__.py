"""A third party's request: parsed once into frozen values, which everything after reads. Pure."""

from consent.requests.parse import parse_request
from consent.requests.values import (
    AccessRequest,
    InvalidDetails,
    InvalidRequest,
    InvalidScope,
    RequestedPart,
    Services,
)

__all__ = [
    "AccessRequest",
    "InvalidDetails",
    "InvalidRequest",
    "InvalidScope",
    "RequestedPart",
    "Services",
    "parse_request",
]
