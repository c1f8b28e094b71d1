"""What no certificate covers, by grid region."""

from datahub.resources.generation_mix import mix_resource

RESOURCE = mix_resource(
    "residual_mix",
    "What no certificate covers, by grid region.",
    open_summary="What no certificate covers in a grid region.",
)
