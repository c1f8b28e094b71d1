"""What models, fields and choices are called on staff's pages, in their reader's language.

Django reads these names off the models and asks nobody for a translation. They stand here, not there, since a label in
a model is a part of its migrations.
"""

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

Words = Mapping[str, Any]  # by the English name, what is translated when it is shown
OURS = ("accounts", "consent", "datahub")
THEME = (_("Type to search"),)  # what the theme says, and has no Spanish for
# fmt: off
NAMES = (
    _("a contract's own dates"), _("a delegate who may share"), _("a point in a region"),
    _("a supply term's dates"), _("a tariff's generation"), _("abbreviation"), _("accepted"), _("access ends"),
    _("activation code"), _("activation codes"), _("agreed to by an owner"), _("by e-mail to an owner"), _("by letter"),
    _("code for a first login asked for"), _("e-mail address changed by staff"), _("handed out at"),
    _("handed out by"), _("issued by"), _("sent to"), _("told to the person"), _("used at"), _("used by"), _("way"),
    _("account"), _("account number"), _("active"), _("actor"), _("added"), _("address"),
    _("address to pull from"), _("all consumption of the region"), _("allowed scopes"), _("amount"),
    _("amount due"), _("answer to a request"), _("approved"), _("as of"), _("as published"), _("at"),
    _("attempts"), _("authorization details"), _("bill section"), _("bill sections"), _("bill statement"),
    _("bill statements"), _("billing account"), _("billing accounts"), _("bills"), _("by"),
    _("by certificates issued, balanced with use"), _("by certificates issued, not balanced"), _("by phone"),
    _("can be fetched"), _("certificates cancelled for a tariff or contract"),
    _("certificates issued for this production"), _("certificates that ended unused"), _("changed"),
    _("changes clustered"), _("changes of the client"), _("changes seen"), _("channel"), _("channels"),
    _("claimed without certificates"), _("client"), _("client contact"), _("client contacts"), _("clients"),
    _("closed"), _("commodity"), _("confirmed by"), _("confirmed, grant made"), _("consent request"),
    _("consent requests"), _("contact email"), _("contract"), _("contract at a point"), _("contract number"),
    _("contract service point"), _("contract service points"), _("created"), _("currency"), _("customer"),
    _("customer number"), _("customers"), _("customers, accounts, contracts, points, meters"), _("day (UTC)"),
    _("days ahead at most"), _("days back at most"), _("decided at"), _("decided by"), _("delayed"),
    _("delegate: sees and, where allowed, shares, until a date"), _("deleted"), _("denied"), _("details"),
    _("did"), _("direction"), _("disabled"), _("disclosure"), _("disclosures"), _("distribution"),
    _("distribution utility"), _("done"), _("due"), _("due date"), _("e-mail address"), _("end"),
    _("end of the last value"),
    _("ended by an owner"), _("ends"), _("entities"), _("entity"), _("environment variable with the secret"),
    _("error"), _("errored"), _("expired"), _("expires"), _("facts"), _("failed"), _("failures in a row"),
    _("feed"), _("feed run"), _("feed runs"), _("feed source"), _("feed sources"), _("feeds"), _("file name"),
    _("file refused"), _("file sha256"), _("first day of the month (UTC)"), _("first line"), _("first start"),
    _("format"), _("from status"), _("future"), _("generation mix"), _("given at"), _("grant"),
    _("grant event"), _("grant events"), _("grant part"), _("grant parts"), _("grants"), _("grid placement"),
    _("grid placements"), _("grid region"), _("how"), _("internal note"), _("invitation sent again"),
    _("invitation withdrawn"), _("invited"), _("its requests are shared whole or not at all"), _("kept out"),
    _("key"), _("kind"), _("language"), _("last end"), _("last look"), _("last used"), _("left"), _("line"),
    _("link change"), _("link changes"), _("look every so many minutes"), _("looked"), _("lost from"),
    _("mail when more percent of a file are rejected; empty: as set for all feeds"), _("may be asked for"),
    _("may sign in"), _("membership"), _("memberships"), _("message"), _("messages"), _("meter"),
    _("meter at a point"), _("meter device"), _("meter devices"), _("meter installation"),
    _("meter installations"), _("meter number"), _("meter readings"), _("method"), _("mix amount"),
    _("mix amounts"), _("mix day"), _("mix days"), _("mix share"), _("mix shares"), _("model"), _("modified"),
    _("name"), _("names to take"), _("needs_authorization"), _("needs_sub_grants"), _("net generation"),
    _("new charges"), _("new end"), _("new start"), _("next attempt"), _("next look"), _("no direction"),
    _("not before"), _("notification"), _("number"), _("old end"), _("old start"), _("on paper"),
    _("open release"), _("open releases"), _("origin"), _("outgoing mail"), _("outgoing mails"),
    _("owner: sees and shares"), _("parent"), _("parked"), _("parked readings"), _("partial"),
    _("partition record"), _("partition records"), _("payments"), _("pending"), _("person"), _("personal"),
    _("policy uri"), _("premise"), _("premise number"), _("premises"), _("previous balance"), _("pricing node"),
    _("problem"), _("production"), _("program"), _("program number"), _("programs"), _("proof reference"),
    _("provisional"), _("public id"), _("pushed, not opened yet"), _("put in order"), _("readings"),
    _("reason"), _("reason as the customer reads it"), _("receipt"), _("receipt link"), _("receipts"),
    _("recorded"), _("recorded at"), _("recorded by"), _("recorded consent"), _("recorded consents"),
    _("redirect uri"), _("reference"), _("refusal"), _("refused"), _("refused by a check"), _("region"),
    _("register"), _("rejected"), _("rejected row"), _("rejected rows"), _("released at"), _("replaces"),
    _("resolved"), _("resource"), _("revoked"), _("role"), _("role event"), _("role events"), _("rows"),
    _("rows read"), _("rows when it was set aside"), _("run"), _("running"), _("sandbox: test users only"),
    _("scale"), _("scope"), _("scope setting"), _("scope settings"), _("seconds"), _("sent at"), _("sent back"),
    _("series"), _("service address"), _("service contract"), _("service contracts"), _("service point"),
    _("service points"), _("servicepoint number"), _("set aside"), _("settings"), _("SFTP server"), _("share"),
    _("size"), _("source"), _("staff action"), _("staff actions"), _("staff look"), _("staff looks"),
    _("staff token"), _("staff tokens"), _("start"), _("start of the first value"),
    _("statement date"), _("statement number"), _("status"),
    _("stopped"), _("subject"), _("supplier"), _("supplier contract number"), _("supplier name"),
    _("suppliers and tariffs"), _("supply term"), _("supply terms"), _("support request"), _("suspended"),
    _("suspended: reads nothing, grants return"), _("synced"), _("system"), _("table"), _("tariff code"),
    _("tariff name"), _("terms uri"), _("text"), _("the customer's own name for it"),
    _("the grid's generation"), _("the highest power of a period"), _("the server's public key"),
    _("the third party has to act"), _("the utility has to act"), _("third party"), _("time zone"), _("to"),
    _("to status"), _("took as a file"), _("type"), _("unchanged"), _("unit"), _("until"), _("used"),
    _("used less sent back"), _("user"), _("user name"), _("users"), _("utility staff"), _("value count"),
    _("verb"), _("viewer: sees"), _("voltage in volts"), _("waiting for a confirmation"),
    _("superseded by a newer request"),
    _("waiting for a decision"), _("waiting for a worker"), _("waits for a second person"), _("watched folder"),
    _("watt-hours"), _("watt-hours tracked beyond generation"), _("website"),
    _("superseded by"), _("a test customer, nobody's data: clients in the sandbox see only these"),
    _("website confirmed to be theirs"), _("what"), _("what a register showed at an instant"),
    _("what fills a deficit, in proportion"), _("what flowed during an interval"),
    _("what no certificate covers"), _("what staff should know of it"),
    _("what they want the data for, in their words"), _("what uses it"), _("window end"), _("window start"),
    _("worked out"), _("worked out here, not told by a file"), _("works for the utility"),
)
# fmt: on


def translate_names() -> None:
    """Give every name of our models that stands in NAMES its translation; before the first admin form is made."""
    with override(None):
        words = {str(name): name for name in NAMES}
        for app in OURS:
            for model in apps.get_app_config(app).get_models():
                _translate_model(model, words)


def _translate_model(model: type[Model], words: Words) -> None:
    meta = model._meta
    meta.verbose_name = words.get(str(meta.verbose_name), meta.verbose_name)
    meta.verbose_name_plural = words.get(str(meta.verbose_name_plural), meta.verbose_name_plural)
    for field in (*meta.local_fields, *meta.local_many_to_many):
        _translate_field(field, words)


def _translate_field(field: "Field[object, object]", words: Words) -> None:
    field.verbose_name = words.get(str(field.verbose_name), field.verbose_name)
    if field.choices:
        field.choices = [(value, words.get(str(label), label)) for value, label in field.flatchoices]
