"""Gemini, asked for JSON, of a text or of pictures: one request at a time, sent again when the service fails, every
answer kept on disk.

What belongs here: the client around google-genai, its retries, its cache and its counts. What does not: what is asked,
and whether an answer is any good (`captioner.py`, `recognizer/gemini.py`). The key stands in the environment only: it
is read when a request is sent, and is part of no file, log or error.
"""

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import fsspec
from pydantic import ValidationError

from resources.files import write_whole

KEY_VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
"""Environment variables that may hold the key; the first one that is set counts."""

RETRIED_CODES = frozenset([408, 429, *range(500, 600)])
"""HTTP codes of a service that is busy or broken; any other error would come again."""

FINAL_CODES = frozenset([401, 403, 404])
"""HTTP codes of a key that is not accepted and of a model that does not exist."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
"""Before the second request; each further pause is twice as long."""

LONGEST_REQUESTED_PAUSE_S = 120.0
"""A busy service may say how long to wait; if it is longer than this, a quota is used up, and waiting is no use."""

log = logging.getLogger(__name__)


class GeminiError(RuntimeError):
    """No answer; the message says why, and what to do about it.

    Attributes:
        is_final: whether every other question would end the same way: there is no key, or it is refused.
        is_outage: whether the service was not there, however often it was asked.
        is_no_json: whether there is an answer, but no JSON; it is kept, and would not be another the next time.
    """

    def __init__(self, message: str, is_final: bool = False, is_outage: bool = False, is_no_json: bool = False) -> None:
        super().__init__(message)
        self.is_final, self.is_outage, self.is_no_json = is_final, is_outage, is_no_json


@dataclass(frozen=True)
class Picture:
    """An image to ask about.

    Attributes:
        data: its bytes as they are sent.
        mime_type: such as `image/jpeg`.
        digest: stands for the picture among kept answers: two pictures of one digest are one.
    """

    data: bytes = field(repr=False)
    mime_type: str
    digest: str


@dataclass
class Usage:
    """What was asked so far.

    Attributes:
        asked: answers that the service gave.
        remembered: answers that were read from disk.
        sent_again: requests that had to be repeated.
        failed: questions that were given up.
        prompt_tokens, answer_tokens: that the service counted this time; what it thought counts as answered.
    """

    asked: int = 0
    remembered: int = 0
    sent_again: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0


@dataclass
class Gemini:
    """A model of Gemini that answers in JSON.

    Attributes:
        model: its name.
        folder: where answers are kept: a path or a URL; the same question is never sent twice.
        timeout_s: seconds that one request may take.
        attempts: how often a request is sent before it is given up.
        base_url: of another service that speaks the same language.
        thinking_tokens: that the model may think for; None leaves it to the model.
        max_answer_tokens: that an answer may have, with what was thought: one that runs in a circle breaks off there.
        pause: how to wait so many seconds.
        usage: what was asked so far.
    """

    model: str
    folder: str
    timeout_s: float = 60.0
    attempts: int = 5
    base_url: str | None = None
    pause: Callable[[float], None] = time.sleep
    usage: Usage = field(default_factory=Usage)
    thinking_tokens: int | None = None
    max_answer_tokens: int | None = None
    _client: Any = field(default=None, repr=False)

    def ask(self, prompt: str, schema: Mapping[str, Any], pictures: Sequence[Picture] = ()) -> Any:
        """The model's answer: JSON that should fit `schema` (a JSON schema), at temperature 0.

        Args:
            pictures: what the prompt is about; they are sent before it.

        Raises:
            GeminiError: there is no key, the service gives no answer, or the answer is no JSON.
        """
        path = self._path(prompt, schema, pictures)
        text = self._remembered(path)
        if text is None:
            try:
                text = self._asked(prompt, schema, pictures, path)
            except GeminiError:
                self.usage.failed += 1
                raise
        else:
            self.usage.remembered += 1
        try:
            return json.loads(text)
        except ValueError as error:
            raise GeminiError(f"{self.model} answered with what is no JSON: {error}", is_no_json=True) from error

    def _path(self, prompt: str, schema: Mapping[str, Any], pictures: Sequence[Picture]) -> str:
        """Where the answer to this question is kept."""
        asked: list[Any] = [self.model, prompt, schema]
        more = [[picture.digest for picture in pictures], self.thinking_tokens, self.max_answer_tokens]
        if any(part not in ([], None) for part in more):
            asked += more
        question = json.dumps(asked, sort_keys=True, ensure_ascii=False)
        return f"{self.folder.rstrip('/')}/{hashlib.sha256(question.encode()).hexdigest()}.json"

    def _remembered(self, path: str) -> str | None:
        filesystem, place = fsspec.core.url_to_fs(path)
        try:
            text = json.loads(filesystem.cat_file(place))["text"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s is damaged and is asked for again: %s", path, error)
            return None
        return text if isinstance(text, str) else None

    def _asked(self, prompt: str, schema: Mapping[str, Any], pictures: Sequence[Picture], path: str) -> str:
        response = self._sent(prompt, schema, pictures)
        text, used = response.text, response.usage_metadata
        prompt_tokens = (used and used.prompt_token_count) or 0
        answer_tokens = ((used and used.candidates_token_count) or 0) + ((used and used.thoughts_token_count) or 0)
        self.usage.prompt_tokens += prompt_tokens
        self.usage.answer_tokens += answer_tokens
        if not text:
            reason = next((str(one.finish_reason) for one in response.candidates or []), "no candidate")
            raise GeminiError(f"{self.model} gave no text ({reason})")
        self.usage.asked += 1
        kept = {"model": self.model, "prompt": prompt, "schema": schema, "text": text}
        kept |= {"prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens}
        kept |= {"pictures": [picture.digest for picture in pictures]}
        filesystem, place = fsspec.core.url_to_fs(path)
        write_whole(filesystem, place, json.dumps(kept, ensure_ascii=False).encode(), "an answer of Gemini")
        return text

    def _sent(self, prompt: str, schema: Mapping[str, Any], pictures: Sequence[Picture]) -> Any:
        """The service's response, after as many requests as it takes."""
        client, types, transport_errors = self._connected()
        thinking = self.thinking_tokens
        config = types.GenerateContentConfig(
            temperature=0.0,
            response_mime_type="application/json",
            response_json_schema=dict(schema),
            max_output_tokens=self.max_answer_tokens,
            thinking_config=None if thinking is None else types.ThinkingConfig(thinking_budget=thinking),
        )
        contents = [*(types.Part.from_bytes(data=one.data, mime_type=one.mime_type) for one in pictures), prompt]
        pause = FIRST_PAUSE_S
        for attempt in range(1, self.attempts + 1):
            try:
                return client.models.generate_content(model=self.model, contents=contents, config=config)
            except transport_errors as error:
                code, reason, requested = getattr(error, "code", None), _reason(error), _requested_pause(error)
            if code is not None and code not in RETRIED_CODES:
                raise GeminiError(f"{self.model} refuses the request: {reason}", is_final=_is_final(code, reason))
            if attempt == self.attempts or requested > LONGEST_REQUESTED_PAUSE_S:
                break
            log.warning("%s, attempt %d of %d: %s", self.model, attempt, self.attempts, reason)
            self.usage.sent_again += 1
            self.pause(max(pause, requested))
            pause = min(2 * pause, LONGEST_PAUSE_S)
        message = f"{self.model} gave no answer in {attempt} attempts: {reason}"
        raise GeminiError(message, is_outage=True)

    def _connected(self) -> tuple[Any, Any, tuple[type[Exception], ...]]:
        """The client, the module of its types, and the errors of a request that failed."""
        try:
            genai, types, errors = (import_module(f"google.genai{name}") for name in ("", ".types", ".errors"))
        except ImportError as error:
            raise GeminiError("google-genai is not installed; pip install google-genai", is_final=True) from error
        if self._client is None:
            options = types.HttpOptions(
                base_url=self.base_url,
                timeout=round(self.timeout_s * 1000),
                retry_options=types.HttpRetryOptions(attempts=1),
            )
            self._client = genai.Client(api_key=_key(), vertexai=False, http_options=options)
        # What is no answer of Gemini's, such as a proxy's page, is a transport error too.
        broken = (errors.UnknownApiResponseError, json.JSONDecodeError, ValidationError)
        return self._client, types, (errors.APIError, TimeoutError, ConnectionError, *broken, *_transport_errors())


def has_key() -> bool:
    """Whether there is a key in the environment."""
    return any(os.environ.get(variable, "").strip() for variable in KEY_VARIABLES)


def _key() -> str:
    for variable in KEY_VARIABLES:
        if key := os.environ.get(variable, "").strip():
            return key
    raise GeminiError(f"there is no key for Gemini; set the environment variable {KEY_VARIABLES[0]}", is_final=True)


def _is_final(code: int, reason: str) -> bool:
    """Whether every other request would be refused too; a key that is no key comes back as 400."""
    return code in FINAL_CODES or "api key" in reason.lower()


def _transport_errors() -> list[type[Exception]]:
    """The errors of a connection that fails, of the HTTP libraries that google-genai may use."""
    found = []
    for name in ("httpx", "httpx2"):
        try:
            found.append(import_module(name).TransportError)
        except ImportError:
            continue
    return found


def _requested_pause(error: Exception) -> float:
    """Seconds that a busy service asks to wait before the next request; 0 if it does not say."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    told = f"{headers.get('retry-after', '')}s {json.dumps(getattr(error, 'details', None), default=str)}"
    seconds = re.search(r'(?:^|"retryDelay": ")(\d+(?:\.\d+)?)s', told)
    return float(seconds[1]) if seconds else 0.0


def _reason(error: Exception) -> str:
    """What went wrong, on one line, without the key."""
    message = str(getattr(error, "message", None) or error)
    text = " ".join(f"{type(error).__name__} {getattr(error, 'code', '')}: {message}".split())
    for variable in KEY_VARIABLES:
        if key := os.environ.get(variable, "").strip():
            text = text.replace(key, "***")
    return text
