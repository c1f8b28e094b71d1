"""People who log in with more than a password, and the mail that helps them."""

import hashlib
import re
import secrets

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.mail.queue import send_waiting_mail
from accounts.models import CodeWay, Customer, Role, User
from accounts.queries.contacts import addresses_on_file
from accounts.services.activation import ask_for_code, hand_out_code
from cdsc_portal.lib.time import clock
from tests.factories.accounts import StaffFactory

_PRESENT_AND_VERIFIED = 0x45  # with a new credential
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def with_app(user: User) -> User:
    """An authenticator app that shares APP_SECRET, and recovery codes."""
    sealed = get_adapter().encrypt(APP_SECRET)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": sealed})
    RecoveryCodes.activate(user)
    return user


def with_listed_passkey(user: User, name: str = "My phone") -> User:
    """A passkey as lists show it; nobody holds its private key, so nothing can log in with it."""
    name_of_key = secrets.token_bytes(16)
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    data = AttestedCredentialData.create(b"\0" * 16, name_of_key, ES256.from_cryptography_key(public))
    authenticator_data = AuthenticatorData.create(
        hashlib.sha256(b"localhost").digest(), _PRESENT_AND_VERIFIED, 0, data
    )
    credential = {
        "id": websafe_encode(name_of_key),
        "rawId": websafe_encode(name_of_key),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(
                b'{"type": "webauthn.create", "challenge": "", "origin": "http://localhost"}'
            ),
            "attestationObject": websafe_encode(AttestationObject.create("none", authenticator_data, {})),
        },
    }
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": name, "credential": credential}
    )
    return user


def app_code(secret: str = APP_SECRET) -> str:
    """What the app that holds `secret` shows now."""
    counter = int(clock.now().timestamp()) // 30
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def recovery_code(user: User) -> str:
    codes = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return str(codes.wrap().get_unused_codes()[0])


def sent_mail() -> list[mail.EmailMessage]:
    """The mail about logins that is on its way, sent now, with what went before."""
    send_waiting_mail(at=clock.now(), logins_only=True)
    return list(mail.outbox)


def mailed_code() -> str:
    """The six digits of the newest mail."""
    match = re.search(r"\b\d{6}\b", str(sent_mail()[-1].body))
    assert match
    return match.group()


def handed_out(customer: Customer, role: str = Role.OWNER, *, way: str = CodeWay.LETTER) -> str:
    """The code that one of staff asked for and another handed out."""
    address = addresses_on_file(customer=customer)[0] if way == CodeWay.LETTER else ""
    offered = ask_for_code(
        customer=customer,
        role=role,
        way=way,
        address=address,
        reason="new here",
        by=StaffFactory(),
        at=clock.now(),
    )
    return hand_out_code(offered=offered, by=StaffFactory(), at=clock.now())
