"""Attacks by the number of the rule that they try."""
