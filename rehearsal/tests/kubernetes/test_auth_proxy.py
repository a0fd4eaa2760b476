"""The auth proxy of a cluster of the user's: whom it knows, and how requests reach the cluster."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from rehearsal.kubernetes import auth_proxy, pki, presigned, programs
from rehearsal.kubernetes.key_pairs import Pair
from rehearsal.kubernetes.presigned import RefusedError
from rehearsal.paths import Environment
from tests.kubernetes.test_presigned import HOST, bearer, presigned_url
from tests.patience import PATIENCE

FORGER = "AKIAOFTHEFORGER"
ADA = {"username": "arn:aws:iam::123456789012:user/ada", "groups": ["readers", "team:a"]}


def user_of(token: str, now: datetime | None = None) -> dict[str, Any]:
    """As the authenticator: by the rules for tokens, and by what STS says of the maker."""
    if FORGER in presigned.read(token, {HOST}, now):
        raise RefusedError("it is forged")
    return ADA


def later(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time)


@dataclass
class Upstream:
    """Stands for kubectl's proxy: keeps the requests, answers as told."""

    answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
    requests: list[web.BaseRequest] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        return await self.answer(request)


async def well(_: web.BaseRequest) -> web.StreamResponse:
    return web.json_response({"kind": "PodList"}, headers={"Audit-Id": "7"})


@asynccontextmanager
async def fronted(
    environment: Environment,
    upstream: Upstream,
    decide: auth_proxy.UserOf = user_of,
    client: str = "",
) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the auth proxy, by a certificate of the environment's or by none."""
    pki.ensure(environment)
    behind = web.ServerRunner(web.Server(upstream.handle), shutdown_timeout=0.1)
    await behind.setup()
    await web.UnixSite(behind, programs.user_proxy_socket(environment)).start()
    trust = ssl.create_default_context(cafile=str(environment.certificate_authority))
    if client:
        pair = Pair(environment.pki, client)
        trust.load_cert_chain(pair.certificate, pair.key)
    way = aiohttp.UnixConnector(str(programs.user_proxy_socket(environment)))
    async with auth_proxy.session(way) as opened:
        runner = await auth_proxy.serve(
            auth_proxy.AuthProxy(opened, decide), environment.ports.api_server, environment
        )
        connector = aiohttp.TCPConnector(ssl=trust)
        try:
            async with aiohttp.ClientSession(
                environment.api_server_url, connector=connector
            ) as session:
                yield session
        finally:
            await runner.cleanup()
            await behind.cleanup()
            programs.remove_user_proxy_socket(environment)


def ask(
    environment: Environment,
    upstream: Upstream,
    path: str = "/api/v1/pods",
    *,
    method: str = "GET",
    token: str | None = "",
    client: str = "",
    decide: auth_proxy.UserOf = user_of,
    body: bytes | None = None,
    **headers: str,
) -> tuple[int, dict[str, Any]]:
    """The status and the body that a caller gets; by default with a good token."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        named["Authorization"] = f"Bearer {token or bearer(presigned_url())}"

    async def asked() -> tuple[int, dict[str, Any]]:
        async with (
            fronted(environment, upstream, decide, client) as session,
            session.request(method, path, headers=named, data=body) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    return asyncio.run(asked())


def test_a_caller_is_impersonated_and_their_token_stays_here(environment: Environment) -> None:
    upstream = Upstream(well)
    assert ask(environment, upstream) == (200, {"kind": "PodList"})
    headers = upstream.requests[0].headers
    assert headers.getall("Impersonate-User") == [ADA["username"]]
    assert headers.getall("Impersonate-Group") == ADA["groups"]
    assert "Authorization" not in headers


def test_verb_path_query_and_body_reach_the_cluster_as_they_are(environment: Environment) -> None:
    upstream = Upstream(well)
    path = "/apis/a.b/v1/namespaces/x%2Fy/things?labelSelector=a%3Db&fieldManager=me"
    content = "application/apply-patch+yaml"
    ask(environment, upstream, path, method="PATCH", body=b"kind: Thing", Content_Type=content)
    (request,) = upstream.requests
    assert (request.method, request.raw_path) == ("PATCH", path)
    assert upstream.bodies == [b"kind: Thing"]
    assert request.headers["Content-Type"] == content


@pytest.mark.parametrize(
    ("token", "decide"),
    [
        pytest.param(bearer(presigned_url(key=FORGER)), user_of, id="forged"),
        pytest.param("", lambda token: user_of(token, later(minutes=16)), id="expired"),
        pytest.param("a-service-account's", user_of, id="not of AWS"),
        pytest.param(None, user_of, id="none"),
    ],
)
def test_who_is_nobody_gets_no_further(
    environment: Environment, token: str | None, decide: auth_proxy.UserOf
) -> None:
    upstream = Upstream(well)
    status, body = ask(environment, upstream, token=token, decide=decide)
    assert (status, body["reason"]) == (401, "Unauthorized")
    assert not upstream.requests


@pytest.mark.parametrize("client", ["", "admin"])
@pytest.mark.parametrize("header", ["Impersonate_User", "impersonate_group", "Impersonate_Extra_x"])
def test_a_caller_can_not_name_themself_anyone_else(
    environment: Environment, header: str, client: str
) -> None:
    upstream = Upstream(well)
    status, body = ask(environment, upstream, client=client, **{header: "system:masters"})
    assert (status, body["reason"]) == (403, "Forbidden")
    assert not upstream.requests


def test_the_rehearsals_own_parts_act_as_the_user(environment: Environment) -> None:
    upstream = Upstream(well)
    assert ask(environment, upstream, token=None, client="controllers")[0] == 200
    assert not [name for name in upstream.requests[0].headers if name.startswith("Impersonate")]


def test_a_certificate_of_another_authority_is_refused(
    environment: Environment, tmp_path: Any
) -> None:
    other = Environment("other", tmp_path / "other", environment.ports)
    pki.ensure(other)
    pair = Pair(other.pki, "admin")
    upstream = Upstream(well)

    async def asked() -> None:
        async with fronted(environment, upstream) as session:
            trust = ssl.create_default_context(cafile=str(environment.certificate_authority))
            trust.load_cert_chain(pair.certificate, pair.key)
            await session.get("/api/v1/pods", ssl=trust)

    with pytest.raises(aiohttp.ClientError):
        asyncio.run(asked())
    assert not upstream.requests


def test_health_needs_no_credential_and_only_health(environment: Environment) -> None:
    upstream = Upstream(well)
    assert ask(environment, upstream, "/readyz", token=None)[0] == 200
    assert ask(environment, upstream, "/version", token=None)[0] == 401
    assert ask(environment, upstream, "/readyz/..%2fapi", token=None)[0] == 401


def test_a_watch_passes_through_event_by_event(environment: Environment) -> None:
    seen = asyncio.Event()

    async def watch(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"type":"ADDED"}\n')
        await seen.wait()  # the next comes only once the caller has the first
        await response.write(b'{"type":"DELETED"}\n')
        return response

    async def watched() -> list[bytes]:
        token = {"Authorization": f"Bearer {bearer(presigned_url())}"}
        async with (
            fronted(environment, Upstream(watch)) as session,
            session.get("/api/v1/pods?watch=1", headers=token) as answer,
        ):
            first = await asyncio.wait_for(answer.content.readline(), PATIENCE)
            seen.set()
            return [first, await answer.content.readline()]

    assert asyncio.run(watched()) == [b'{"type":"ADDED"}\n', b'{"type":"DELETED"}\n']


def test_a_watch_that_the_caller_leaves_ends_at_the_cluster(environment: Environment) -> None:
    left = asyncio.Event()

    async def watch(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{}\n")
        while request.transport and not request.transport.is_closing():
            await asyncio.sleep(0.02)
        left.set()
        return response

    async def leave() -> None:
        token = {"Authorization": f"Bearer {bearer(presigned_url())}"}
        async with fronted(environment, Upstream(watch)) as session:
            answer = await session.get("/api/v1/pods?watch=1", headers=token)
            await answer.content.readline()
            answer.close()
            await asyncio.wait_for(left.wait(), PATIENCE)

    asyncio.run(leave())


def test_while_the_cloud_is_away_a_caller_is_told_to_try_again(environment: Environment) -> None:
    def away(_: str) -> dict[str, Any]:
        raise ConnectionError("the cloud is starting")

    assert ask(environment, Upstream(well), decide=away)[0] == 503


def test_what_leaves_http_is_refused_with_the_remedy(environment: Environment) -> None:
    status, body = ask(environment, Upstream(well), Upgrade="websocket", Connection="upgrade")
    assert status == 501
    assert "use the kubeconfig of your cluster" in body["message"]


def test_a_cluster_that_is_gone_is_a_bad_gateway(environment: Environment) -> None:
    async def gone(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport
        request.transport.close()
        return web.Response()

    assert ask(environment, Upstream(gone), method="POST")[0] == 502
