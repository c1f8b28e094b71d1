"""Who the customers are and what they have."""

from accounts.models.base import Commodity, Published, Versioned
from accounts.models.closing import ClosedKind, ClosedMatter
from accounts.models.contractual import BillingAccount, Program, ServiceContract, SupplyTerm
from accounts.models.customer import Customer, Membership, Role
from accounts.models.entity import Entity, EntityKind
from accounts.models.help_case import CaseStatus, CaseTopic, HelpCase
from accounts.models.link_change import Dated, LinkChange, LinkKind, span_of
from accounts.models.links import EVER, ContractServicePoint, GridPlacement, MeterInstallation
from accounts.models.load_watermark import LoadWatermark
from accounts.models.mail import OutgoingMail
from accounts.models.meter_name import MeterName
from accounts.models.notice import NoticeKind, NoticeSetting
from accounts.models.people import Invitation, RoleEvent, RoleVerb
from accounts.models.physical import MeterDevice, Premise, ServicePoint
from accounts.models.sign_in import (
    ActivationCode,
    CodeWay,
    SecondStepLink,
    Session,
    SignInAttempts,
)
from accounts.models.staff import StaffAction, StaffVerb, SupportSession
from accounts.models.user import User

__all__ = [
    "EVER",
    "ActivationCode",
    "BillingAccount",
    "CaseStatus",
    "CaseTopic",
    "ClosedKind",
    "ClosedMatter",
    "CodeWay",
    "Commodity",
    "ContractServicePoint",
    "Customer",
    "Dated",
    "Entity",
    "EntityKind",
    "GridPlacement",
    "HelpCase",
    "Invitation",
    "LinkChange",
    "LinkKind",
    "LoadWatermark",
    "Membership",
    "MeterDevice",
    "MeterInstallation",
    "MeterName",
    "NoticeKind",
    "NoticeSetting",
    "OutgoingMail",
    "Premise",
    "Program",
    "Published",
    "Role",
    "RoleEvent",
    "RoleVerb",
    "SecondStepLink",
    "ServiceContract",
    "ServicePoint",
    "Session",
    "SignInAttempts",
    "StaffAction",
    "SupportSession",
    "StaffVerb",
    "SupplyTerm",
    "User",
    "Versioned",
    "span_of",
]
