"""Signals of the services, for the apps and modules above them."""

from django.dispatch import Signal

# grant, at: nothing opens any more, tokens must die with it; sent inside the transaction that ends the grant
grant_ended = Signal()
# client, credentials, at: they are over because they leaked, tokens got with them must die; sent inside the transaction
credentials_leaked = Signal()
# client, credentials, at: they are over, tokens got with these and no others must die; sent inside the transaction
credentials_ended = Signal()
