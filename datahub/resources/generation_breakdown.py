"""What the grid region generated."""

from datahub.resources.generation_mix import mix_resource

RESOURCE = mix_resource(
    "generation_breakdown",
    "What the grid region generated.",
    open_summary="What a grid region generated.",
)
