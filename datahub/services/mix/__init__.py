"""Working out the residual mix and what tariffs and contracts consumed. Decision 23."""
