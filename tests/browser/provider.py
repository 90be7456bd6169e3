"""An OpenID Connect provider of our own: discovery, a form to log in with, tokens and keys.

It is a real one over HTTP, with two people: Ada, whom it lets in, and Mallory, whom it does not.
"""

import base64
import hashlib
import html
import secrets
import threading
import time
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.browser.conftest import free_port

CLIENT, SECRET = "explorer", "a-secret-of-the-client"
ADA = "ada@example.org"


class Provider:
    """A provider that listens on a free port of this machine.

    Attributes:
        url: its name, from which all else is found.
        asked: the kinds of requests it answered, in order.
    """

    def __init__(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[str] = []
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self._codes: dict[str, dict[str, str]] = {}
        routes = [
            Route("/.well-known/openid-configuration", self._about),
            Route("/authorize", self._form),
            Route("/decide", self._decide),
            Route("/token", self._token, methods=["POST"]),
            Route("/jwks", self._keys),
            Route("/end", self._end),
        ]
        config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> "Provider":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(30)

    def _about(self, _request: Request) -> Response:
        return JSONResponse({
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        })  # fmt: skip

    def _form(self, request: Request) -> Response:
        self.asked.append("authorize")
        links = "".join(
            f'<p><a href="/decide?{html.escape(urlencode({**request.query_params, "who": who}))}">'
            f"I am {who}</a></p>"
            for who in ("Ada", "Mallory")
        )
        # Without an icon the browser asks for one, and says that there is none.
        head = '<title>Who are you?</title><link rel="icon" href="data:,">'
        return HTMLResponse(f"<!doctype html><html lang=en>{head}{links}")

    def _decide(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked["who"] != "Ada":
            said = {"error": "access_denied", "state": asked["state"]}
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = asked
            said = {"code": code, "state": asked["state"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(said)}", 302)

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        sent = await request.form()
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(str(sent["code"]), None)  # a code is good for once
        proof = hashlib.sha256(str(sent["code_verifier"]).encode()).digest()
        proof_text = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if (
            request.headers.get("authorization") != f"Basic {basic}"
            or asked is None
            or asked["redirect_uri"] != sent["redirect_uri"]
            or asked["code_challenge"] != proof_text
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "1815", "iat": now, "exp": now + 600,
            "nonce": asked["nonce"], "name": "Ada", "email": ADA,
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)
        return JSONResponse(
            {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer",
             "expires_in": 600, "id_token": signed}
        )  # fmt: skip

    def _keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    def _end(self, request: Request) -> Response:
        self.asked.append("end")
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 302)
