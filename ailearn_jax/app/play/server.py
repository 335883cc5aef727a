"""The server of the page: for the browser of this machine, during one launch, and for nobody else.

Three things say that a request comes from the page: the host that it was sent to is this one, the origin is the page
if any is told, and the address begins with a token that only this launch's terminal has shown. A page from elsewhere,
even one whose name has been turned to 127.0.0.1, fails at one of them.
"""

import hmac
import json
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ailearn_jax.app.play import asked
from ailearn_jax.app.play.playground import Playground, Toy
from ailearn_jax.app.play.rentals import Rentals
from ailearn_jax.app.play.writer import Writer
from ailearn_jax.app.play.xor import Xor
from ailearn_jax.app.terminal import say, tell
from ailearn_jax.errors import InputError, shown

STATIC = Path(__file__).parent / "static"
MOST_UNDER_WAY = 4  # requests that compute, at a time
MOST_BYTES = 100_000  # of a request: a prompt of the greatest length, each character as six, and what goes with it

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

# --- Serving ----------------------------------------------------------------------------------------------------------


def serve(folder: Path, port: int) -> None:
    """Serves the runs in `folder` until a signal ends it; a `port` of 0 stands for any that is free.

    Raises:
        InputError: the port cannot be had.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise InputError(f"--port: expected a free port, got {port}: {error.strerror}; choose another one") from error
    port, token = listener.getsockname()[1], secrets.token_urlsafe(16)
    app = Guard(application(Playground(folder), token, lambda: server.should_exit), port, token)
    # A traceback is all that there is to log: what is wrong with a request is said to who sent it.
    config = uvicorn.Config(
        app,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        timeout_graceful_shutdown=3,  # seconds
    )
    server = uvicorn.Server(config)
    say("A page to try out what has been trained, for the browser of this machine. Ctrl-C ends it.")
    tell(f"http://127.0.0.1:{port}/{token}/")
    sys.stdout.flush()
    server.run(sockets=[listener])  # once it has shut down it raises the signal again, for `main` to hear


# --- Who is let in ----------------------------------------------------------------------------------------------------


class Guard:
    """Stands before the app: refuses what does not come from this launch's page, and what is too much at a time."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self.app, self.token = app, token
        self.hosts = [f"{name}:{port}".removesuffix(":80") for name in ("127.0.0.1", "localhost")]
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if refusal := self._refusal(scope):
            await refusal(scope, receive, send_with_headers)
            return
        computes = scope["method"] == "POST"
        self.under_way += computes
        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self.under_way -= computes

    def _refusal(self, scope: Scope) -> Response | None:
        headers, here = Headers(scope=scope), "open the address that the terminal shows"
        host = headers.get("host", "")
        if host not in self.hosts:
            return refuse(403, f"expected the host {self.hosts[0]}, got {shown(host)}; {here}")
        for origin in headers.getlist("origin"):
            if origin != f"http://{host}":
                return refuse(403, f"expected a request of this page, got one of {shown(origin)}; {here}")
        if not hmac.compare_digest(scope["path"].split("/")[1].encode(), self.token.encode()):
            return refuse(403, f"expected this launch's token in the address, got none or another; {here}")
        if scope["method"] == "POST" and self.under_way >= MOST_UNDER_WAY:
            return refuse(429, f"expected at most {self.under_way} requests at a time; stop one, or wait for its end")
        return None


# --- What is answered -------------------------------------------------------------------------------------------------


def application(playground: Playground, token: str, stopping: Callable[[], bool]) -> Starlette:
    """The page and what it asks for. Once `stopping`, a text under way ends."""

    async def describe(request: Request) -> Response:
        return as_json(await run_in_threadpool(playground.describe))

    async def perform(request: Request, kind: type[Toy], action: Callable[[Toy, asked.Asked], Any]) -> Any:
        wanted = asked.parse(await _body(request))
        name = request.path_params["name"]
        return await run_in_threadpool(lambda: action(playground.toy(name, kind), wanted))

    async def learn(request: Request) -> Response:
        return as_json(await perform(request, Xor, Xor.learn))

    async def predict(request: Request) -> Response:
        return as_json(await perform(request, Rentals, Rentals.predict))

    async def look(request: Request) -> Response:
        return as_json(await perform(request, Writer, Writer.look))

    async def write(request: Request) -> Response:
        pieces = await perform(request, Writer, Writer.write)

        async def until_stopped() -> AsyncIterator[str]:  # ended from outside where the browser has gone
            async for piece in iterate_in_threadpool(pieces):
                yield piece
                if stopping():
                    return

        return StreamingResponse(until_stopped(), media_type="text/plain")

    actions = {"learn": learn, "predict": predict, "look": look, "write": write}
    routes = [
        Route("/runs", describe),
        *(Route(f"/runs/{{name}}/{verb}", action, methods=["POST"]) for verb, action in actions.items()),
        Mount("/", StaticFiles(directory=STATIC, html=True)),
    ]
    handlers = {
        InputError: lambda request, error: refuse(400, str(error)),
        HTTPException: _no_such_address,
        ClientDisconnect: lambda request, error: Response(),  # nobody is there to read it
        500: lambda request, error: refuse(500, "The program has made a mistake; the terminal says more."),
    }
    return Starlette(routes=[Mount(f"/{token}", routes=routes)], exception_handlers=handlers)


def as_json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, allow_nan=False), status, media_type="application/json")


def refuse(status: int, sentence: str) -> Response:
    return as_json({"error": sentence}, status)


def _no_such_address(request: Request, error: HTTPException) -> Response:
    asked_for = shown(f"{request.method} {request.url.path.partition('/')[2].partition('/')[2]}")
    return refuse(error.status_code, f"expected an address of this page, got {asked_for}; load the page anew")


async def _body(request: Request) -> bytes:
    """The body of a request. One that is too long is read to its end, and not kept: else nobody hears the refusal."""
    body, size = b"", 0
    async for part in request.stream():
        size += len(part)
        body = body + part if size <= MOST_BYTES else b""
    if size > MOST_BYTES:
        raise InputError(f"expected a request of at most {MOST_BYTES:,} bytes, got {size:,}; shorten the text")
    return body
