"""News of grants for the packages above the services; sent inside the transaction that causes it."""

from django.dispatch import Signal

# grant, at: nothing opens any more, tokens must die with it
grant_ended = Signal()
# grant, at: the grant opens less than before; what it still opens stands in its parts
grant_narrowed = Signal()
