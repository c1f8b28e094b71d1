"""Addresses of the API, as the registry of resources declares them."""

from datahub.resources.registry import RESOURCES

# each resource, and each of its options with the first of its choices
LISTING_ADDRESSES = tuple(
    address
    for resource in RESOURCES.values()
    for address in (
        f"/{resource.name}",
        *(f"/{resource.name}?{option.name}={option.choices[0]}" for option in resource.options),
    )
)
# those that can be CSV too
SERIES_ADDRESSES = tuple(
    address for address in LISTING_ADDRESSES if RESOURCES[address.partition("?")[0].strip("/")].csv
)
STREAM_PATHS = {f"/{resource.name}/file" for resource in RESOURCES.values() if resource.stream}
# as the OpenAPI document writes them
DOCUMENT_PATHS = {
    f"/{resource.name}/{{{resource.document.key}}}/file"
    for resource in RESOURCES.values()
    if resource.document
}
GATED_PATHS = {f"/{name}" for name in RESOURCES} | STREAM_PATHS | DOCUMENT_PATHS
OPEN_PATHS = {f"/grid/{resource.name}" for resource in RESOURCES.values() if resource.open_series}
