"""What the server counts and times, as text for Prometheus."""

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)
_ITEMS = (1, 2, 4, 8, 16, 32, 64)


class ModelLabels(NamedTuple):
    """Which loaded model a number is of.

    Attributes:
        model: its name.
        device: where it computes.
        precision: exact or fast.
        attention: its kernel.
    """

    model: str
    device: str
    precision: str
    attention: str


class Meters:
    """The counters of one server; each server of a test has its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._lock = threading.Lock()
        where: dict[str, Any] = {"registry": self._registry}
        self._requests = Counter(
            "bert_explorer_requests", "Requests to the JSON API.", ("route", "status"), **where
        )
        self._seconds = Histogram(
            "bert_explorer_request_seconds", "Time until a request was answered.", ("route",),
            buckets=_SECONDS, **where,
        )  # fmt: skip
        self._items = Histogram(
            "bert_explorer_request_items", "Questions in one request.", ("route",),
            buckets=_ITEMS, **where,
        )  # fmt: skip
        self._at_work = Gauge(
            "bert_explorer_requests_at_work", "Requests that are being answered.", **where
        )
        self._pages = Counter("bert_explorer_page_visits", "Pages opened.", ("page",), **where)
        self._models = Gauge(
            "bert_explorer_model_mib", "Memory of a loaded model's weights, in MiB.",
            ModelLabels._fields, **where,
        )  # fmt: skip
        self._passes = Gauge(
            "bert_explorer_model_passes", "Batches that went through a loaded model.",
            ModelLabels._fields, **where,
        )  # fmt: skip
        self._runs = Gauge("bert_explorer_runs", "Training runs by state.", ("state",), **where)

    def began(self) -> None:
        """Count a request as being answered."""
        self._at_work.inc()

    def ended(self, route: str, status: int, seconds: float) -> None:
        """Count an answered request.

        Args:
            route: its name; one of a small number.
            status: of the answer.
            seconds: from its arrival to the end of the answer.
        """
        self._at_work.dec()
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def asked(self, route: str, items: int) -> None:
        """Count the questions of a request."""
        self._items.labels(route).observe(items)

    def visited(self, page: str) -> None:
        """Count a page that was opened."""
        self._pages.labels(page).inc()

    def text(
        self,
        models: Mapping[ModelLabels, tuple[float, int]],
        runs: Mapping[str, int],
    ) -> bytes:
        """Everything that was counted, as Prometheus reads it.

        Args:
            models: for each loaded model the memory of its weights in MiB, and the number of
                batches that went through it.
            runs: number of training runs in each state.
        """
        with self._lock:
            for gauge in (self._models, self._passes, self._runs):
                gauge.clear()
            for labels, (mib, passes) in models.items():
                self._models.labels(*labels).set(mib)
                self._passes.labels(*labels).set(passes)
            for state, count in runs.items():
                self._runs.labels(state).set(count)
            return generate_latest(self._registry)
