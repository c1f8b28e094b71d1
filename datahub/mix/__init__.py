"""Where electricity came from, worked out hour by hour in whole watt-hours: plain values, no database. Decision 22."""
