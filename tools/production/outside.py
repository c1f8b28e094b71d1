"""What is outside the machine: an authority that signs its certificate, names that lead to it, and a mail server."""

import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cdsc_portal.lib.time import clock


def write_certificates(host: str, *, authority: Path, certificate: Path, key: Path) -> None:
    """An authority of the run's own, and what it signs for `host`."""
    now = clock.now()
    signer, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a production test")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])

    def signed(subject: x509.Name, public: Any, extension: x509.ExtensionType, critical: bool) -> bytes:
        builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        builder = builder.add_extension(extension, critical)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        built = builder.add_extension(identifier, False).sign(signer, hashes.SHA256())
        return built.public_bytes(serialization.Encoding.PEM)

    constraints = x509.BasicConstraints(ca=True, path_length=0)
    authority.write_bytes(signed(issuer, signer.public_key(), constraints, True))
    alternative = x509.SubjectAlternativeName([x509.DNSName(host)])
    certificate.write_bytes(signed(name, own.public_key(), alternative, False))
    key.touch(mode=0o600)
    key.write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


@contextmanager
def names(host: str, address: str) -> Iterator[None]:
    """In this process `host` leads to `address`, as a name server would say."""
    before: Callable[..., Any] = socket.getaddrinfo

    def look_up(name: Any, *arguments: Any, **more: Any) -> Any:
        return before(address if name == host else name, *arguments, **more)

    socket.getaddrinfo = look_up  # type: ignore[assignment]
    try:
        yield
    finally:
        socket.getaddrinfo = before


class MailServer(socketserver.ThreadingTCPServer):
    """Takes all mail and keeps it in memory."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), _Conversation)
        self.messages: list[str] = []
        self.port = int(self.server_address[1])
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait_for(self, pattern: str, *, seconds: float) -> re.Match[str]:
        """The first that a message matches. Raises LookupError."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for message in list(self.messages):
                if match := re.search(pattern, message):
                    return match
            time.sleep(0.05)
        raise LookupError(f"no mail within {seconds:.0f} s; {len(self.messages)} came")


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 test")
        while line := self.rfile.readline():
            verb = line.decode(errors="replace").strip().upper()
            if verb.startswith("DATA"):
                self._say("354 go on")
                self._take_message()
                self._say("250 taken")
            elif verb.startswith("QUIT"):
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take_message(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.decode(errors="replace"))
        self.server.messages.append("".join(lines).replace("=\r\n", ""))

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
