"""Computes the residual mix and what tariffs and contracts consumed. Decisions 23 and 25."""
