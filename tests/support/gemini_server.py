"""A web server that speaks as much of Gemini's language as the client needs, and answers what a test tells it to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROMPT_TOKENS, ANSWER_TOKENS = 120, 30
KEY = "test-key-AIza0123456789"

HANG = "hang"
DROP = "drop"
PAGE = "<html>Please log in</html>"


@dataclass(frozen=True)
class Busy:
    """A refusal that says how long to wait: in a header, or, as Gemini does, in the error's details."""

    code: int
    seconds: float
    in_header: bool = False


@dataclass
class GeminiServer:
    """What it was asked, and what it answers.

    Answers are texts, None, HTTP codes, `Busy`, `HANG`, `DROP`, `PAGE` (no JSON at all), or a function from the
    request's body to one of them; the last one stays.
    """

    url: str = ""
    answers: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def next_answer(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving() -> Iterator[GeminiServer]:
    """A server on a free port of this machine."""
    state = GeminiServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append((self.path, dict(self.headers), json.loads(body)))
            answer = state.next_answer()
            answer = answer(state.requests[-1][2]) if callable(answer) else answer
            if answer == HANG:
                state.released.wait(10)
                return
            if answer == DROP:
                self.connection.close()
                return
            if isinstance(answer, int):
                answer = Busy(answer, 0.0)
            if answer == PAGE:
                self._send(200, PAGE.encode())
            elif isinstance(answer, Busy):
                error = {"code": answer.code, "message": f"{self.headers['x-goog-api-key']} is told no", "status": "NO"}
                if answer.seconds and not answer.in_header:
                    error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo"}]
                    error["details"][0]["retryDelay"] = f"{answer.seconds:g}s"
                headers = {"Retry-After": f"{answer.seconds:g}"} if answer.in_header else {}
                self._send(answer.code, json.dumps({"error": error}).encode(), headers)
            else:
                self._send(200, json.dumps(said(answer)).encode())

        def _send(self, code, data, headers=None):
            self.send_response(code)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()


def said(text: str | None) -> dict:
    """A response with a text; None: one that was blocked."""
    parts = [] if text is None else [{"text": text}]
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP" if text else "SAFETY"}],
        "usageMetadata": {
            "promptTokenCount": PROMPT_TOKENS,
            "candidatesTokenCount": ANSWER_TOKENS,
            "totalTokenCount": PROMPT_TOKENS + ANSWER_TOKENS,
        },
    }
