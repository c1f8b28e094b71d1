"""What third parties read before they connect: derived from the metadata, the scopes and the API's own description."""
