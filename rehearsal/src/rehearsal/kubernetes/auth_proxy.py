"""Auth proxy to a cluster that the user provides (`python -m rehearsal.kubernetes.auth_proxy`).

Such a cluster knows nothing of AWS. The proxy listens where the API server would, on the same port
and with the same certificate. It authenticates callers by their tokens as EKS does, and forwards
their requests through `kubectl proxy`, with the user's own credentials and the caller's name to
impersonate. The cluster itself then decides what the caller may do.
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation

The rehearsal's own components authenticate by a certificate of the environment, and act as the
user.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from rehearsal.clients.aws import Cloud
from rehearsal.kubernetes import programs
from rehearsal.kubernetes.authenticator import Authenticator
from rehearsal.kubernetes.controllers.kube import Kube
from rehearsal.kubernetes.key_pairs import Pair
from rehearsal.kubernetes.presigned import PREFIX, RefusedError
from rehearsal.paths import HOST, Environment

log = logging.getLogger(__name__)

UserOf = Callable[[str], dict[str, Any]]

HEALTH = ("/livez", "/readyz", "/healthz")
_REMEMBERED_SECONDS = 5  # as long as the rehearsal's own API server does
_GRACE_SECONDS = 1.0  # for open watches, which would never end by themselves
_IMPERSONATE = "impersonate-"
# Headers of the connection and not the request (RFC 9110, 7.6.1), and those that are set anew.
_NOT_PASSED_ON = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
    *("host", "authorization", "expect"),
}


class NotPassedOnError(Exception):
    """A request is not forwarded; carries the HTTP status and the reason for the caller."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class AuthProxy:
    """Auth proxy that forwards requests in the name of their callers.

    Args:
        session: HTTP session to the cluster, with the user's own credentials.
        user_of: Function that returns the Kubernetes UserInfo of a token's maker, or raises
            RefusedError.
    """

    def __init__(self, session: aiohttp.ClientSession, user_of: UserOf) -> None:
        self._session = session

        @lru_cache(maxsize=256)
        def remembered(bearer: str, _period: int) -> dict[str, Any]:
            return user_of(bearer)

        self._user_of = remembered

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Forward one request, or answer it with an error."""
        try:
            headers = passed_on(request.headers)
            headers.extend(await self._caller(request))
            return await self._pass_on(request, headers)
        except NotPassedOnError as refusal:
            return _failure(refusal.status, str(refusal))

    async def _caller(self, request: web.BaseRequest) -> CIMultiDict[str]:
        """Return the headers that impersonate the caller; none for the rehearsal itself."""
        if request.get_extra_info("peercert") or request.rel_url.raw_path in HEALTH:
            return CIMultiDict()
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not bearer.startswith(PREFIX):
            raise NotPassedOnError(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        user = await self._authenticate(bearer)
        named = CIMultiDict({"Impersonate-User": user["username"]})
        for group in user["groups"]:
            named.add("Impersonate-Group", group)
        return named

    async def _authenticate(self, bearer: str) -> dict[str, Any]:
        period = int(time.monotonic() / _REMEMBERED_SECONDS)
        try:
            return await asyncio.to_thread(self._user_of, bearer, period)
        except RefusedError as refusal:
            log.warning("a token is refused: %s", refusal)
            raise NotPassedOnError(HTTPStatus.UNAUTHORIZED, "Unauthorized") from refusal
        except Exception as error:
            log.exception("it can't be said now whose a token is")
            unknown = "the emulated AWS does not say now whose the token is: try again"
            raise NotPassedOnError(HTTPStatus.SERVICE_UNAVAILABLE, unknown) from error

    async def _pass_on(
        self, request: web.BaseRequest, headers: CIMultiDict[str]
    ) -> web.StreamResponse:
        url = URL(f"http://localhost{request.rel_url.raw_path_qs}", encoded=True)
        body = request.content if request.body_exists else None
        try:
            answer = await self._session.request(
                request.method, url, headers=headers, data=body, allow_redirects=False
            )
        except aiohttp.ClientError as error:
            gone = f"the way to the cluster of the user's is closed: {error}"
            raise NotPassedOnError(HTTPStatus.BAD_GATEWAY, gone) from error
        async with answer:
            response = web.StreamResponse(
                status=answer.status, reason=answer.reason, headers=_kept(answer.headers)
            )
            await response.prepare(request)
            async for chunk in answer.content.iter_any():  # a watch: each event as it comes
                await response.write(chunk)
            await response.write_eof()
            return response


def passed_on(headers: Any) -> CIMultiDict[str]:
    """Return the headers of a request that are forwarded to the cluster.

    Raises:
        NotPassedOnError: The request impersonates somebody, which only this proxy may do, or asks
            for an upgrade to another protocol than HTTP.
    """
    if any(name.lower().startswith(_IMPERSONATE) for name in headers):
        raise NotPassedOnError(
            HTTPStatus.FORBIDDEN,
            "the rehearsal itself impersonates its callers on your cluster, so they can't in turn "
            "(--as): use the kubeconfig of your cluster",
        )
    if "upgrade" in headers:
        raise NotPassedOnError(
            HTTPStatus.NOT_IMPLEMENTED,
            "exec, attach and port-forward do not go through the rehearsal: use the kubeconfig of "
            "your cluster",
        )
    return _kept(headers)


def session(connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    """Return a session that changes nothing of what it forwards, with no limit on time."""
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        timeout=aiohttp.ClientTimeout(total=None),
    )


async def serve(auth_proxy: AuthProxy, port: int, environment: Environment) -> web.ServerRunner:
    """Serve on a loopback port until the runner is cleaned up."""
    pair = Pair(environment.pki, "kube-apiserver")
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(environment.certificate_authority)
    )
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_cert_chain(pair.certificate, pair.key)
    server = web.Server(auth_proxy.handle, handler_cancellation=True, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=_GRACE_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, HOST, port, ssl_context=context).start()
    return runner


async def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    environment, asked_to_end = Environment.current(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    user_of = Authenticator(environment, Kube.of(environment), Cloud()).user_of
    # Each watch holds a connection, so their number has no limit.
    way = aiohttp.UnixConnector(str(programs.user_proxy_socket(environment)), limit=0)
    async with session(way) as opened:
        runner = await serve(AuthProxy(opened, user_of), environment.ports.api_server, environment)
        await asked_to_end.wait()
        await runner.cleanup()


def _kept(headers: Any) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON
    )


def _failure(status: HTTPStatus, message: str) -> web.Response:
    """Return an error in the format of the Kubernetes API."""
    reason = status.phrase.title().replace(" ", "")
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": int(status),
    }
    return web.json_response(body, status=status)


if __name__ == "__main__":
    asyncio.run(main())
