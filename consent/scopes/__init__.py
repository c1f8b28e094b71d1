"""The catalogue of scopes: one declaration each; everything else derives from it."""
