"""Is the app able to serve? And the embedded model's warm-up, which the answer reports."""

import gc
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from threading import Event
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse

import bert_core
from bert_core.errors import ModelError
from bert_core.model.checkpoints import inspect, require_files
from bert_core.settings import EMBEDDED_MODEL
from pages._server.ahead import bring
from pages._server.garbage import not_collected, settle
from pages._shared.models import encoder

if TYPE_CHECKING:
    from bert_core import Encoder

PAUSE = 5.0
"""Seconds after which the warm-up begins by itself. It takes half as long, and would take the
processor from whoever opens the home page at once, which asks no model."""
TO_BEGIN, TO_GO_ON = 0.3, 0.06
"""Seconds that a browser may take to ask for the first file of a page, and for the next one. Who
asks for nothing any more has all of them and runs them, for a quarter of a second: that is when
another core is free."""


class Health:
    """Warms the embedded model beside the server and says how things stand.

    The server answers from its first moment; torch and the weights come into memory in a
    thread.
    """

    def __init__(self) -> None:
        self._warm: Future[Encoder | None] | None = None
        self._came, self._wanted, self._over = Event(), Event(), Event()
        self._read_by = 0.0

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncIterator[None]:
        """Begin the warm-up a while after the server."""
        settle()
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warm-up")
        self._warm = worker.submit(self._load)
        try:
            yield
        finally:
            for each in (self._over, self._came, self._wanted):
                each.set()
            worker.shutdown(wait=False, cancel_futures=True)
            gc.unfreeze()

    def come(self, path: str) -> None:
        """Begin the warm-up now: somebody is opening a page, and asks the model on all but home.

        Args:
            path: of the page.
        """
        if path != "/":
            self._wanted.set()
        self._read_by = time.monotonic() + TO_BEGIN
        self._came.set()

    def sent(self) -> None:
        """Something was sent that is no page: a browser that opens one is still reading."""
        self._read_by = time.monotonic() + TO_GO_ON

    def _load(self) -> "Encoder | None":
        if self._came.wait(PAUSE):
            self._until_all_is_read()
            if not self._over.is_set():
                with not_collected():
                    bring()
            self._wanted.wait(PAUSE)
        if self._over.is_set():
            return None
        with not_collected():
            return encoder(bert_core.ModelChoice())

    def _until_all_is_read(self) -> None:
        """Leave the processor to a browser that reads the files of a page."""
        end = time.monotonic() + PAUSE
        while (left := min(self._read_by, end) - time.monotonic()) > 0:
            if self._wanted.wait(left):
                return

    def answer(self, _request: Request) -> JSONResponse:
        """``GET /healthz``: 200 when pages can be served, 503 with the reason when not."""
        warm = self._warm if self._warm is not None and self._warm.done() else None
        try:
            if warm is None:  # reading them imports numpy, for which the first answer would wait
                require_files(EMBEDDED_MODEL, "embedded")
            elif failure := warm.exception():
                raise ModelError(str(failure))
            else:
                inspect(EMBEDDED_MODEL, source="embedded")
        except ModelError as error:
            return JSONResponse({"status": "failing", "reason": str(error)}, status_code=503)
        held = None if warm is None else warm.result()
        model = {
            "source": "embedded",
            "loaded": held is not None and held.loaded,
            "passes": 0 if held is None else held.passes,
        }
        body = {"status": "ok", "version": bert_core.__version__, "model": model}
        return JSONResponse(body)
