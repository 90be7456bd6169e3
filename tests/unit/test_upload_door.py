"""Who may send files where a login is wanted: the pinned Streamlit still says who is logged in."""

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from pages._server import uploads
from tests import coroutines

OURS = "a-session"


def status(monkeypatch: pytest.MonkeyPatch, session: object, name: str = OURS) -> int:
    """What a file is answered with that comes in the name of a session."""
    sent: list[Any] = []
    runtime = SimpleNamespace(
        uploaded_file_mgr=MemoryUploadedFileManager("/upload"),
        get_app_session=lambda asked: session if asked == OURS else None,
    )
    monkeypatch.setattr(uploads, "get_instance", lambda: runtime)

    async def taken(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def keep(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "PUT", "path": f"{uploads.PLACE}{name}/a-file",
        "headers": [(b"content-length", b"10")],
    }  # fmt: skip
    coroutines.run(uploads.Uploads(taken)(scope, keep, keep))  # type: ignore[arg-type]
    return int(sent[0]["status"])


async def session_of(user: dict[str, Any]) -> AppSession:
    """A session as Streamlit makes it of who opens its web socket."""
    return AppSession(
        ScriptData("main.py", is_hello=False), MemoryUploadedFileManager("/upload"), ScriptCache(),
        message_enqueued_callback=None, user_info=user,
    )  # fmt: skip


def test_who_is_logged_in_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_EXPLORER_LOGIN", "yes")
    ada = coroutines.run(session_of({"is_logged_in": True, "email": "ada@example.org"}))
    assert status(monkeypatch, ada) == 204
    assert status(monkeypatch, ada, "another-session") == 403
    ada.clear_user_info()  # as at the log-out
    assert status(monkeypatch, ada) == 403
    for user in ({}, {"is_logged_in": False}, {"is_logged_in": "yes"}, {"email": "a@b.org"}):
        assert status(monkeypatch, coroutines.run(session_of(user))) == 403


@pytest.mark.parametrize("session", [object(), None, SimpleNamespace(_user_info=None)])
def test_where_nobody_says_who_it_is_the_door_stays_shut(
    monkeypatch: pytest.MonkeyPatch, session: object
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_LOGIN", "yes")
    assert status(monkeypatch, session) == 403
