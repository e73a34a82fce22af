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


@dataclass
class GeminiServer:
    """What it was asked, and what it answers: texts, None, HTTP codes, `HANG` or `DROP`; the last one stays."""

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
            if answer == HANG:
                state.released.wait(10)
                return
            if answer == DROP:
                self.connection.close()
                return
            if isinstance(answer, int):
                message = f"{self.headers['x-goog-api-key']} is told no"
                self._send(answer, {"error": {"code": answer, "message": message, "status": "NO"}})
            else:
                self._send(200, said(answer))

        def _send(self, code, content):
            data = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
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
