"""What the request page offers a user, and what a decision is checked against."""

from consent.services.offer.build import build_offer
from consent.services.offer.digest import changed_aspects
from consent.services.offer.values import LONG_LIST, Card, Choice, Group, Offer

__all__ = ["LONG_LIST", "Card", "Choice", "Group", "Offer", "build_offer", "changed_aspects"]
