"""How an address says which service a page is about."""

from django.http import Http404, HttpRequest

from accounts.queries.choices import Chooser, ContractChoice, chooser


def choose_service(request: HttpRequest, choices: tuple[ContractChoice, ...]) -> Chooser:
    """`contract` names it, `find` searches it; somebody else's and no contract look the same: 404."""
    try:
        return chooser(
            choices, public_id=request.GET.get("contract", ""), search=request.GET.get("find", "")[:100]
        )
    except LookupError as error:
        raise Http404 from error
