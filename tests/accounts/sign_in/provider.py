"""A small OpenID Connect provider on the loopback interface: discovery, token, userinfo, signed RS256."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from cdsc_portal.lib.time import clock

CLIENT_ID, CLIENT_SECRET = "portal", "a secret of the test"


@dataclass
class Provider:
    """Who comes is `person`; `token_requests` keeps each form the token endpoint got."""

    url: str = ""
    person: dict[str, object] = field(default_factory=dict)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    audience: str = CLIENT_ID
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def discovery(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def tokens(self) -> dict[str, object]:
        at = int(clock.now().timestamp())
        claims = {**self.person, "iss": self.url, "aud": self.audience, "iat": at, "exp": at + 60}
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": signed}


def serve(provider: Provider) -> ThreadingHTTPServer:
    """Start it; the caller shuts it down."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            self._answer(provider.person if path == "/userinfo" else provider.discovery())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.token_requests.append({name: values[0] for name, values in parse_qs(body).items()})
            self._answer(provider.tokens())

        def _answer(self, content: dict[str, object]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
