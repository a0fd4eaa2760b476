"""WSGI application that answers a request by moto or on one of the rehearsal's own paths.

The own paths need the admin token of the environment, in the header X-Rehearsal-Token.

GET  /rehearsal/ready      200 once the server answers
POST /rehearsal/save       saves the whole account
GET  /rehearsal/inventory  resources of the account, as JSON
POST /rehearsal/reset      empties the account
GET  /rehearsal/clusters   EKS clusters
GET  /rehearsal/network/obstacle?region=REGION&system_id=ID&zone=&subnet_id=ID&group_ids=ID&...
                           what keeps a client from mounting a file system, as JSON
POST /rehearsal/eks/add-ons/NAME
                           offers a newer version of an add-on, {"version": "v1.2.3..."}
POST /rehearsal/s3files/file-systems/ID
                           counts the files that are not exported, {"region": "us-west-2",
                           "pendingExports": 3}, for the process that has the files
GET  /rehearsal/sagemaker/training-jobs?seen=NUMBER&wait=SECONDS
                           training jobs that changed since, once there is one
POST /rehearsal/sagemaker/training-jobs/NAME
                           sets the status of a training job, for the process that runs it
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from rehearsal.aws import (
    backends,
    clusters,
    inventory,
    reach,
    s3_headers,
    sqs,
    strangers,
    training_jobs,
)
from rehearsal.aws.authorization import gate
from rehearsal.aws.reads import only_reads
from rehearsal.aws.refusals import internal_failure, not_emulated, not_saved
from rehearsal.aws.s3files.models import s3files_backends
from rehearsal.aws.snapshot import Account
from rehearsal.aws.store import StoreError
from rehearsal.aws.wsgi import read_body
from rehearsal.credentials import Credentials
from rehearsal.paths import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)


class Application:
    """WSGI application that serves one request at a time.

    moto's backends are plain dictionaries without locks. Because requests are serialized, two
    requests that create the same name end as one success and one error, and a snapshot is taken at
    a moment when no request is half done. Python would run only one of them at a time anyway.
    An answer leaves once the changes of its request are saved; one that cannot be saved is undone.
    """

    def __init__(self, account: Account | None, credentials: Credentials) -> None:
        self.between_requests = threading.Lock()
        self.account = account
        self._credentials = credentials
        self._moto = _Dispatcher(_create_service)
        self._own = Map(
            [
                Rule("/rehearsal/ready", methods=["GET"], endpoint=self._ready),
                Rule("/rehearsal/save", methods=["POST"], endpoint=self._save),
                Rule("/rehearsal/inventory", methods=["GET"], endpoint=self._inventory),
                Rule("/rehearsal/clusters", methods=["GET"], endpoint=self._clusters),
                Rule("/rehearsal/reset", methods=["POST"], endpoint=self._reset),
                Rule("/rehearsal/network/obstacle", methods=["GET"], endpoint=self._obstacle),
                Rule(
                    "/rehearsal/eks/add-ons/<name>", methods=["POST"], endpoint=self._release_addon
                ),
                Rule(
                    "/rehearsal/s3files/file-systems/<name>",
                    methods=["POST"],
                    endpoint=self._count_pending_exports,
                ),
                Rule(
                    "/rehearsal/sagemaker/training-jobs",
                    methods=["GET"],
                    endpoint=self._moved_training_jobs,
                ),
                Rule(
                    "/rehearsal/sagemaker/training-jobs/<name>",
                    methods=["POST"],
                    endpoint=self._advance_training_job,
                ),
            ]
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if refused := strangers.refusal(environ, self._credentials):
            return refused(environ, start_response)
        read_body(environ)
        if environ["PATH_INFO"] == "/rehearsal/sagemaker/training-jobs":
            _await_move(Request(environ))  # does not block other requests
        sqs.HAS_WAITED.set(False)
        try:
            response = self._answer(environ)
        except sqs.NothingYet as nothing:
            nothing.wait()  # does not block other requests
            sqs.HAS_WAITED.set(True)
            environ["wsgi.input"].seek(0)
            response = self._answer(environ)
        return response(environ, start_response)

    def _answer(self, environ: WSGIEnvironment) -> Response:
        with self.between_requests:
            if strangers.is_admin(environ):
                response = self._answer_own(environ)
            else:
                response = self._answer_aws(environ)
            if self.account is None or response.status_code >= 400 or only_reads(environ):
                return response
            return self._saved(self.account, environ, response)

    def _saved(self, account: Account, environ: WSGIEnvironment, response: Response) -> Response:
        try:
            account.save()
        except StoreError as error:
            account.undo()
            is_own = strangers.is_admin(environ)
            return _not_saved(error) if is_own else not_saved(environ, str(error))
        return response

    def clear(self) -> None:
        """Empty the account."""
        backends.clear()
        if self.account:
            self.account.save()

    def _answer_own(self, environ: WSGIEnvironment) -> Response:
        try:
            endpoint, values = self._own.bind_to_environ(environ).match()
        except HTTPException as error:
            return Response(error.description, error.code)
        answer: Response = endpoint(Request(environ), **values)
        return answer

    def _answer_aws(self, environ: WSGIEnvironment) -> Response:
        try:
            with backends.unnoted():
                refused = gate.refusal(environ, self._credentials)
                refused = refused or s3_headers.refusal(environ)
            if refused:
                return refused
            response = Response.from_app(self._moto, environ, buffered=True)
        except NotImplementedError as error:
            return not_emulated(environ, str(error))
        except sqs.NothingYet:
            raise
        except Exception as error:
            log.exception("%s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return internal_failure(environ, error)
        html = response.mimetype == "text/html" and environ["REQUEST_METHOD"] != "HEAD"
        if response.status_code == 404 and html:
            # Flask's own page: the service has no emulated address under that path. (S3's answer
            # to a HEAD of a missing object has no body, and Flask sets its type to HTML.)
            return not_emulated(environ)
        return response

    def _ready(self, _: Request) -> Response:
        return _json({"ready": True})

    def _save(self, _: Request) -> Response:
        if self.account is None:
            return _json(
                {"message": "This emulated account has no environment to be saved in."}, 409
            )
        try:
            self.account.save_all()
        except StoreError as error:
            return _not_saved(error)
        return _json({"unsaved": sorted(self.account.left_out)})

    def _inventory(self, _: Request) -> Response:
        return _json(inventory.take())

    def _clusters(self, _: Request) -> Response:
        return _json({"clusters": clusters.take()})

    def _obstacle(self, request: Request) -> Response:
        asked = request.args
        client = reach.Client(asked["subnet_id"], asked.getlist("group_ids"), asked["zone"])
        found = reach.obstacle(ACCOUNT_ID, asked["region"], asked["system_id"], client)
        return _json({"obstacle": found})

    def _reset(self, _: Request) -> Response:
        self.clear()
        return _json({"reset": True})

    def _release_addon(self, request: Request, name: str) -> Response:
        try:
            clusters.release_addon(name, request.get_json()["version"])
        except LookupError as error:
            return _json({"message": str(error)}, 404)
        return _json({"released": name})

    def _count_pending_exports(self, request: Request, name: str) -> Response:
        told = request.get_json()
        found = s3files_backends[ACCOUNT_ID][told["region"]].file_systems.get(name)
        if found is None:
            return _json({"message": f"There is no file system {name}."}, 404)
        found.pending_exports = int(told["pendingExports"])
        return _json({"counted": name})

    def _moved_training_jobs(self, request: Request) -> Response:
        seen = request.args.get("seen", 0, type=int)
        return _json(training_jobs.changed_since(ACCOUNT_ID, seen))

    def _advance_training_job(self, request: Request, name: str) -> Response:
        try:
            return _json(training_jobs.advance(ACCOUNT_ID, name, request.get_json()))
        except (LookupError, ValueError) as error:
            return _json({"message": str(error)}, 404 if isinstance(error, LookupError) else 409)


class _Dispatcher(DomainDispatcherApplication):
    """Dispatcher of moto with a cache of the service for each host.

    moto lists a folder of 180 entries for each request.
    """

    def __init__(self, create: Callable[[Any], Any]) -> None:
        super().__init__(create)
        self._services: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the name of the service behind a host; None if there is none."""
        if host not in self._services:
            self._services[host] = super().get_backend_for_host(host)
        return self._services[host]


def _create_service(service: Any) -> Any:
    """Return moto's application for the name of a service.

    Raises:
        NotImplementedError: moto found no service for the request.
    """
    if service is None:
        raise NotImplementedError("No call of this service is.")
    return create_backend_app(service)


def _await_move(request: Request) -> None:
    wait = request.args.get("wait", 0.0, type=float)
    training_jobs.STATUS_CHANGES.wait(request.args.get("seen", 0, type=int), wait)


def _not_saved(error: StoreError) -> Response:
    return _json({"message": str(error)}, 507)


def _json(document: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document, indent=2), status, mimetype="application/json")
