"""How utilities in Europe write moments in English: with a clock of 24 hours."""
