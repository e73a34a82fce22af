"""The client: what it sends, when it sends again, what it keeps, and that the key stays where it is."""

import base64
import json
import logging
import traceback
from pathlib import Path

import pytest
from support.gemini_server import ANSWER_TOKENS, DROP, HANG, KEY, PAGE, PROMPT_TOKENS, Busy

from resources.gemini import Gemini, GeminiError, Picture

SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}}
GOOD = json.dumps({"word": "straße"})


@pytest.fixture
def client(server, tmp_path):
    pauses = []
    made = Gemini("gemini-test", str(tmp_path / "answers"), 5.0, 4, server.url, pauses.append)
    made.pauses = pauses
    return made


def _kept(client):
    """The files of kept answers."""
    folder = Path(client.folder)
    return list(folder.iterdir()) if folder.exists() else []


def test_what_is_asked_and_what_comes_back(server, client):
    server.answers = [GOOD]
    assert client.ask("Say something.", SCHEMA) == {"word": "straße"}
    ((path, headers, body),) = server.requests
    assert path.endswith("models/gemini-test:generateContent")
    assert headers["x-goog-api-key"] == KEY
    assert KEY not in path
    assert body["contents"][0]["parts"] == [{"text": "Say something."}]
    config = body["generationConfig"]
    assert (config["temperature"], config["responseMimeType"]) == (0.0, "application/json")
    assert config["responseJsonSchema"] == SCHEMA
    usage = client.usage
    assert (usage.asked, usage.remembered, usage.failed, usage.sent_again) == (1, 0, 0, 0)
    assert (usage.prompt_tokens, usage.answer_tokens) == (PROMPT_TOKENS, ANSWER_TOKENS)


def test_the_same_question_is_asked_once_even_by_another_client_without_a_key(server, client, monkeypatch):
    server.answers = [GOOD]
    client.ask("a", SCHEMA)
    monkeypatch.delenv("GEMINI_API_KEY")
    again = Gemini("gemini-test", client.folder, base_url=server.url)
    assert again.ask("a", SCHEMA) == {"word": "straße"}
    assert (again.usage.remembered, again.usage.asked, again.usage.prompt_tokens) == (1, 0, 0)
    assert len(server.requests) == 1
    with pytest.raises(GeminiError, match="set the environment variable GEMINI_API_KEY") as caught:
        again.ask("b", SCHEMA)
    assert caught.value.is_final


@pytest.mark.parametrize("change", ["model", "prompt", "schema"])
def test_another_model_prompt_or_schema_is_another_question(server, client, change):
    server.answers = [GOOD]
    client.ask("a", SCHEMA)
    other = Gemini("gemini-other" if change == "model" else "gemini-test", client.folder, base_url=server.url)
    other.ask("b" if change == "prompt" else "a", {"type": "object"} if change == "schema" else SCHEMA)
    assert len(server.requests) == 2


def test_a_picture_is_sent_before_the_prompt_and_tells_answers_apart(server, client):
    server.answers = [GOOD]
    for digest, data in (("one", b"first"), ("other", b"second"), ("one", b"encoded anew")):
        client.ask("a", SCHEMA, [Picture(data, "image/jpeg", digest)])
    client.ask("a", SCHEMA)
    sent = [body["contents"][0]["parts"] for _, _, body in server.requests]
    assert [len(parts) for parts in sent] == [2, 2, 1]
    assert [base64.urlsafe_b64decode(parts[0]["inlineData"]["data"]) for parts in sent[:2]] == [b"first", b"second"]
    assert "image/jpeg" in sent[0][0]["inlineData"].values()
    assert sent[0][1] == {"text": "a"}
    assert client.usage.remembered == 1
    assert all("first" not in path.read_text() for path in _kept(client))


def test_thinking_and_length_are_bounded_on_demand_and_are_part_of_the_question(server, client):
    server.answers = [GOOD]
    client.ask("a", SCHEMA)
    client.thinking_tokens, client.max_answer_tokens = 0, 512
    client.ask("a", SCHEMA)
    plain, bounded = (body["generationConfig"] for _, _, body in server.requests)
    assert not {"thinkingConfig", "maxOutputTokens"} & set(plain)
    assert list(bounded["thinkingConfig"].values()) == [0]
    assert bounded["maxOutputTokens"] == 512


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_a_busy_service_is_asked_again_after_longer_and_longer_pauses(server, client, code):
    server.answers = [code, code, code, GOOD]
    assert client.ask("a", SCHEMA) == {"word": "straße"}
    assert client.pauses == [1.0, 2.0, 4.0]
    assert client.usage.sent_again == 3


@pytest.mark.parametrize("in_header", [False, True])
def test_a_busy_service_is_given_the_time_that_it_asks_for(server, client, in_header):
    server.answers = [Busy(429, 17.5, in_header), Busy(429, 0.5, in_header), GOOD]
    assert client.ask("a", SCHEMA) == {"word": "straße"}
    assert client.pauses == [17.5, 2.0]
    server.answers = [Busy(429, 3600.0, in_header)]
    with pytest.raises(GeminiError, match="no answer in 1 attempts") as caught:
        client.ask("b", SCHEMA)
    assert caught.value.is_outage


def test_a_page_of_somebody_else_is_no_answer(server, client):
    server.answers = [PAGE]
    with pytest.raises(GeminiError, match="no answer in 4 attempts") as caught:
        client.ask("a", SCHEMA)
    assert caught.value.is_outage
    assert not _kept(client)


def test_a_broken_service_is_given_up(server, client):
    server.answers = [500]
    with pytest.raises(GeminiError, match=r"no answer in 4 attempts.*500") as caught:
        client.ask("a", SCHEMA)
    assert not caught.value.is_final
    assert (len(server.requests), client.usage.failed) == (4, 1)


@pytest.mark.parametrize(("code", "final"), [(400, False), (401, True), (403, True), (404, True)])
def test_a_refused_request_is_not_sent_again(server, client, code, final):
    server.answers = [code]
    with pytest.raises(GeminiError, match="refuses the request") as caught:
        client.ask("a", SCHEMA)
    assert caught.value.is_final == final
    assert len(server.requests) == 1


def test_a_lost_connection_is_tried_again(server, client):
    server.answers = [DROP, GOOD]
    assert client.ask("a", SCHEMA) == {"word": "straße"}


def test_nobody_listens(client):
    client.base_url = "http://127.0.0.1:9"
    with pytest.raises(GeminiError, match="no answer in 4 attempts"):
        client.ask("a", SCHEMA)


def test_a_service_that_hangs_is_left_after_the_timeout(server, client):
    client.timeout_s, client.attempts = 0.2, 2
    server.answers = [HANG]
    with pytest.raises(GeminiError, match="no answer in 2 attempts"):
        client.ask("a", SCHEMA)


def test_an_answer_that_is_no_json_is_kept_and_refused_again(server, client):
    server.answers = ['{"word": "stra']
    for _ in range(2):
        with pytest.raises(GeminiError, match="no JSON"):
            client.ask("a", SCHEMA)
    assert len(server.requests) == 1


def test_a_blocked_answer_is_no_answer(server, client, tmp_path):
    server.answers = [None]
    with pytest.raises(GeminiError, match=r"no text.*SAFETY"):
        client.ask("a", SCHEMA)
    assert not list((tmp_path / "answers").glob("*")) if (tmp_path / "answers").exists() else True


def test_a_damaged_answer_is_asked_for_again(server, client, tmp_path):
    server.answers = [GOOD]
    client.ask("a", SCHEMA)
    (kept,) = (tmp_path / "answers").iterdir()
    kept.write_text('{"text": "')
    assert client.ask("a", SCHEMA) == {"word": "straße"}
    assert len(server.requests) == 2


def test_the_key_is_in_no_file_log_or_error(server, client, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    server.answers = [429, GOOD]
    client.ask("a", SCHEMA)
    server.answers = [403]
    with pytest.raises(GeminiError) as caught:
        client.ask("b", SCHEMA)
    assert KEY not in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert "***" in str(caught.value)
    assert KEY not in caplog.text
    assert KEY not in repr(client)
    files = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(KEY in text for text in files)


def test_either_variable_holds_the_key(server, client, monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv("GOOGLE_API_KEY", "other-key")
    server.answers = [GOOD]
    client.ask("a", SCHEMA)
    assert server.requests[0][1]["x-goog-api-key"] == "other-key"
