"""Factories make the smallest valid object; what matters to a test stands in the test."""
