"""How the United States and Canada write numbers in languages that write them otherwise at home (CLDR es-US)."""
