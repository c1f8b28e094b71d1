"""What the customer's tariff was made of."""

from datahub.resources.generation_mix import mix_resource

RESOURCE = mix_resource("consumption_breakdown", "What the customer's tariff was made of.")
