"""Answers held against the schema that says how they look."""

from openapi_schema_validator import OAS31Validator


def faults(document, path, answer):
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document["components"]}
    return [error.message for error in OAS31Validator(whole).iter_errors(answer)]
