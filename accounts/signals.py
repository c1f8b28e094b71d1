"""News of this app, for its own edge and the apps above."""

from django.dispatch import Signal

# opens_login: mail waits in the queue; sent after the commit. What sends it also looks by itself, so a lost signal only
# means a later mail.
mail_written = Signal()
# membership, at: a role has ended or now reaches less; `membership` is the role as it was before. Sent inside the
# transaction that ends it, once the row is gone or changed.
membership_ended = Signal()
# membership, at: a role was given, or now lasts longer or allows more. Sent inside the transaction.
role_given = Signal()
# membership, by, at: the owner `by` agreed that a role that waited may share. Sent inside the transaction.
role_agreed = Signal()
# membership, by, at: the owner `by` gave another owner notice (`membership.until` says when it ends), or took it back.
# Sent inside the transaction.
notice_changed = Signal()
# code, at: staff asked for a code for a first login. Sent inside the transaction.
code_offered = Signal()
# user, by, at: staff changed the address that `user` logs in with. Sent inside the transaction.
address_corrected = Signal()
# changes, at: dated links, contracts' dates or supply terms hold at other times, or are new; each a
# `services.link_changes.Changed`. Sent inside the transaction, last.
links_changed = Signal()
