"""A visitor without a browser: the web socket by which a page gets all it shows."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLsRequest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.faults.serving import PATIENCE

STREAM = "/_stcore/stream"
XSRF = "_streamlit_xsrf"
RERUN = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN


def wish(page: str = "", **fields: str) -> BackMsg:
    """The message with which a browser asks for a page."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    asked.rerun_script.query_string = urlencode(fields)
    return asked


def _as_browser(url: str, cookies: Mapping[str, str]) -> dict[str, Any]:
    """What a browser sends at the opening of a web socket."""
    names = ["streamlit", *(cookies[name] for name in [XSRF] if name in cookies)]
    held = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    return {
        "subprotocols": [Subprotocol(name) for name in names],
        "origin": Origin(url),
        "additional_headers": held if cookies else {},
    }


class Visitor:
    """Opens pages, presses buttons, and reads what stands there.

    Args:
        url: of the server.
        cookies: of a browser that was there before, by which a visitor stays logged in.
    """

    def __init__(self, url: str, cookies: Mapping[str, str] | None = None) -> None:
        self._url = url
        self._connected = connect(
            f"ws{url.removeprefix('http')}{STREAM}",
            max_size=None, proxy=None, ping_interval=None, open_timeout=PATIENCE,
            **_as_browser(url, cookies or {}),
        )  # fmt: skip
        self._socket = self._connected.__enter__()
        self._asked = BackMsg()
        self._session = ""
        self.elements: dict[tuple[int, ...], Any] = {}

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._connected.__exit__(None, None, None)

    @property
    def text(self) -> str:
        """All that stands on the page."""
        return "\n".join(map(str, self.elements.values()))

    @property
    def alerts(self) -> list[str]:
        """The sentences in boxes, without the signs that keep them from being markup."""
        found = [each.alert.body for each in self.elements.values() if each.HasField("alert")]
        return [re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", body) for body in found]

    def open(self, page: str = "", **fields: str) -> "Visitor":
        """Open a page and wait until all of it is there."""
        self._asked = wish(page, **fields)
        return self._run()

    def look(self) -> "Visitor":
        """Have the page drawn anew."""
        return self._run()

    def click(self, label: str) -> "Visitor":
        """Press a button."""
        return self._change(self._widget("button", label), trigger_value=True)

    def choose(self, label: str, option: str) -> "Visitor":
        """Choose one of several buttons beside each other."""
        added = self._change_of(self._widget("button_group", label))
        added.string_array_value.data.append(option)
        return self._run()

    def select(self, label: str, option: str) -> "Visitor":
        """Choose from a list, or write what is not in it."""
        return self._change(self._widget("selectbox", label), string_value=option)

    def number(self, label: str, value: float) -> "Visitor":
        """Write a number into a field."""
        return self._change(self._widget("number_input", label), double_value=value)

    def send(self, label: str, name: str, content: bytes) -> "Visitor":
        """Upload a file, and tell the page that it is there."""
        sent = self.put(label, name, content)
        assert sent.ok, sent.text
        state = self._change_of(self._widget("file_uploader", label)).file_uploader_state_value
        info = state.uploaded_file_info.add(name=name, size=len(content))
        info.file_id = info.file_urls.file_id = sent.url.rpartition("/")[2]
        info.file_urls.upload_url = info.file_urls.delete_url = sent.url
        return self._run()

    def put(self, label: str, name: str, content: bytes) -> requests.Response:
        """Send the bytes of a file."""
        self._widget("file_uploader", label)
        wanted = FileURLsRequest(request_id="1", file_names=[name], session_id=self._session)
        self._socket.send(BackMsg(file_urls_request=wanted).SerializeToString())
        while not (told := self._next()).HasField("file_urls_response"):
            pass
        return self._put(told.file_urls_response.file_urls[0].upload_url, name, content)

    def put_unasked(self, content: bytes) -> requests.Response:
        """Send the bytes of a file that no page asked for."""
        return self._put(f"/_stcore/upload_file/{self._session}/{uuid4()}", "a.csv", content)

    def _put(self, place: str, name: str, content: bytes) -> requests.Response:
        with requests.Session() as browser:
            browser.get(f"{self._url}/_stcore/health", timeout=PATIENCE)
            token = {"X-Xsrftoken": browser.cookies[XSRF]}
            return browser.put(
                f"{self._url}/{place.lstrip('/')}",
                files={"file": (name, content)}, headers=token, timeout=PATIENCE,
            )  # fmt: skip

    def begin(self, page: str = "", **fields: str) -> None:
        """Ask for a page and wait only until its first line is there."""
        self._socket.send(wish(page, **fields).SerializeToString())
        while not self._next().HasField("delta"):
            pass

    def _widget(self, kind: str, label: str) -> str:
        found = [getattr(each, kind) for each in self.elements.values() if each.HasField(kind)]
        for each in found:
            if each.label == label:
                assert not each.disabled, self.text
                return str(each.id)
        raise AssertionError(f"no {kind} {label!r} but {[each.label for each in found]}")

    def _change_of(self, widget: str) -> Any:
        states = self._asked.rerun_script.widget_states
        states.ClearField("widgets")
        return states.widgets.add(id=widget)

    def _change(self, widget: str, **value: Any) -> "Visitor":
        state = self._change_of(widget)
        for name, each in value.items():
            setattr(state, name, each)
        return self._run()

    def _run(self) -> "Visitor":
        """Let the page's script run to its end and take in what it says."""
        self._socket.send(self._asked.SerializeToString())
        self._asked.rerun_script.widget_states.ClearField("widgets")
        while True:
            told = self._next()
            kind = told.WhichOneof("type")
            if kind == "new_session":
                self.elements.clear()
                self._session = told.new_session.initialize.session_id
            elif kind == "page_info_changed":
                self._asked.rerun_script.query_string = told.page_info_changed.query_string
            elif kind == "delta":
                path = tuple(told.metadata.delta_path)
                if told.delta.HasField("new_element"):
                    self.elements[path] = told.delta.new_element
            elif kind == "script_finished" and told.script_finished != RERUN:
                return self

    def _next(self) -> ForwardMsg:
        told = ForwardMsg()
        data = self._socket.recv(timeout=PATIENCE)
        assert isinstance(data, bytes)
        told.ParseFromString(data)
        return told
