"""News of this app, for its own edge and the apps above."""

from django.dispatch import Signal

# users wait for their invitation; sent after commit. What sends them also looks by itself, so a lost signal
# only means a later mail.
invitations_due = Signal()
# membership, at: a role has ended or now reaches less; `membership` is the role as it was before. Sent inside the
# transaction that ends it, once the row is gone or changed.
membership_ended = Signal()
# membership, at: a role was given, or now lasts longer or allows more. Sent inside the transaction.
role_given = Signal()
# a mail about a login was written; sent after commit. As above, a lost signal only means a later mail.
sign_in_mail_written = Signal()
# changes, at: dated links, contracts' dates or supply terms hold at other times, or are new; each a
# `services.link_changes.Changed`. Sent inside the transaction, last.
links_changed = Signal()
