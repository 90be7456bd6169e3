"""Files that are sent to the pages: refused before a byte is read, where they may not come.

Streamlit looks at the size of each alone and keeps them in memory until the visitor leaves.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from bert_core.settings import read_settings
from pages._shared.start import wants_login

PLACE = "/_stcore/upload_file/"
FILES = 50
"""Files of a visitor that are held at a time."""
OF_A_VISITOR, OF_ALL = 4, 16
"""How often the size of the largest file all files of one visitor may have, and those of all."""
_FORM = 64 * 1024
"""Bytes that a form may add to the file in it."""


class Uploads:
    """Refuses files in demo mode, from who is not logged in, and more than are held at a time.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._coming: list[tuple[str, int]] = []  # session and bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http" or scope["method"] != "PUT" or PLACE not in scope["path"]:
            await self._app(scope, receive, send)
            return
        session = scope["path"].partition(PLACE)[2].partition("/")[0]
        said = Headers(scope=scope).get("content-length", "")
        size = max(0, int(said) - _FORM) if said.isdecimal() else None
        status, why = self._refusal(get_instance(), session, size)
        if why:
            await PlainTextResponse(f"{why}\n", status)(scope, receive, send)
            return
        with self._counted(session, size or 0):
            await self._app(scope, receive, send)

    def _refusal(self, runtime: Runtime, session: str, size: int | None) -> tuple[int, str]:
        """Why a file may not come, with the status to say it with."""
        if read_settings().demo:
            return 403, "No files are taken here."
        if wants_login() and not _logged_in(runtime, session):
            return 403, "Log in to send files."
        if size is None:
            return 411, "Say how long the file is, as Content-Length."
        held = [*_held(runtime), *self._coming]
        mine = [bytes_ for owner, bytes_ in held if owner == session]
        largest = read_settings().upload_mib * 2**20
        if len(mine) >= FILES or sum(mine) + size > OF_A_VISITOR * largest:
            return 413, "You have sent as many files as are held for one visitor. Remove some."
        if sum(bytes_ for _, bytes_ in held) + size > OF_ALL * largest:
            return 503, "Too many files of other visitors are held here. Try again later."
        return 0, ""

    @contextmanager
    def _counted(self, session: str, size: int) -> Iterator[None]:
        """A file on its way; then it is held, or gone."""
        self._coming.append((session, size))
        try:
            yield
        finally:
            self._coming.remove((session, size))


def _held(runtime: Runtime) -> Iterator[tuple[str, int]]:
    """Session and bytes of each file that Streamlit holds."""
    manager = cast(MemoryUploadedFileManager, runtime.uploaded_file_mgr)
    for session, files in tuple(manager.file_storage.items()):
        for file in tuple(files.values()):
            yield session, len(file.data)


def _logged_in(runtime: Runtime, session: str) -> bool:
    """Whether a session has passed the door.

    Streamlit keeps who it is to itself, and ``st.user`` answers pages alone. Where it is not found
    under this name, nobody has passed.
    """
    user = getattr(runtime.get_app_session(session), "_user_info", None)
    return isinstance(user, Mapping) and user.get("is_logged_in") is True
