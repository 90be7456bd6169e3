"""What the server counts and times, as text for Prometheus."""

import threading
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
MIB = 2**20
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)
_ITEMS = (1, 2, 4, 8, 16, 32, 64)

Why = Literal["too-often", "api", "model", "long-job"]
"""Who is turned away: an asker over the rate, or one whose line is full: before the API's threads,
at a model, or of long jobs."""


class ModelLabels(NamedTuple):
    """Which loaded model a number is of.

    Attributes:
        model: its name.
        device: where it computes.
        precision: exact or fast.
    """

    model: str
    device: str
    precision: str


class ModelNumbers(NamedTuple):
    """How a loaded model stands.

    Attributes:
        mib: memory of its weights, in MiB.
        passes: batches that were asked of it.
        waiting: callers that wait for it.
    """

    mib: float
    passes: int
    waiting: int


class Now(NamedTuple):
    """How the server stands at this moment.

    Attributes:
        memory_mib: memory of its process, in MiB.
        models: the loaded models.
        jobs: long jobs, the one that computes and those that wait for it.
        runs: number of training runs in each state.
    """

    memory_mib: float
    models: Mapping[ModelLabels, ModelNumbers]
    jobs: int
    runs: Mapping[str, int]


class Meters:
    """The counters of one server; each server of a test has its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._count_requests()
        self._count_pages()
        self._count_models()
        self._refused = self._counter(
            "refused", "Askers turned away: too often, or the line that they came to is full.",
            "why",
        )  # fmt: skip
        self._memory = self._gauge("memory_bytes", "Memory of the server's process.")
        self._jobs = self._gauge("long_jobs", "Long jobs: one computes, the others wait.")
        self._runs = self._gauge("runs", "Training runs by state.", "state")

    def _count_requests(self) -> None:
        self._requests = self._counter("requests", "Requests to the JSON API.", "route", "status")
        self._seconds = self._histogram(
            "request_seconds", "Time until a request was answered.", _SECONDS, "route"
        )
        self._items = self._histogram("request_items", "Questions in a request.", _ITEMS, "route")
        self._at_work = self._gauge("requests_at_work", "Requests that are being answered.")

    def _count_pages(self) -> None:
        self._pages = self._counter("page_visits", "Pages opened.", "page")
        self._page_seconds = self._histogram(
            "page_seconds", "Time in which a page was drawn, with what it computed.", _SECONDS,
            "page",
        )  # fmt: skip

    def _count_models(self) -> None:
        labels = ModelLabels._fields
        self._models = self._gauge("model_bytes", "Memory of a loaded model's weights.", *labels)
        self._passes = self._gauge("model_passes", "Batches asked of a loaded model.", *labels)
        self._waiting = self._gauge("model_waiting", "Callers that wait for a model.", *labels)
        self._callers = self._histogram(
            "batch_callers", "Callers whose questions went through a model together.", _ITEMS
        )
        self._inputs = self._histogram(
            "batch_inputs", "Inputs that went through a model together.", _ITEMS
        )
        self._unloaded = self._counter("models_unloaded", "Models let go to make room.")
        self._freed = self._counter("models_unloaded_bytes", "Memory of the weights let go.")

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"bert_explorer_{name}", about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"bert_explorer_{name}", about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, buckets: Any, *labels: str) -> Histogram:
        name = f"bert_explorer_{name}"
        return Histogram(name, about, labels, buckets=buckets, registry=self._registry)

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

    def drawn(self, page: str, seconds: float) -> None:
        """Count the time in which a page was drawn."""
        self._page_seconds.labels(page).observe(seconds)

    def refused(self, why: Why) -> None:
        """Count somebody who was turned away."""
        self._refused.labels(why).inc()

    def passed(self, callers: int, inputs: int) -> None:
        """Count one batch that went through a model.

        Args:
            callers: whose questions it held; more than one were merged.
            inputs: its rows.
        """
        self._callers.observe(callers)
        self._inputs.observe(inputs)

    def unloaded(self, mib: float) -> None:
        """Count a model that was let go.

        Args:
            mib: memory of its weights, in MiB.
        """
        self._unloaded.inc()
        self._freed.inc(mib * MIB)

    def text(self, now: Now) -> bytes:
        """Everything that was counted, and how things stand, as Prometheus reads it."""
        with self._lock:
            for gauge in (self._models, self._passes, self._waiting, self._runs):
                gauge.clear()
            for labels, numbers in now.models.items():
                self._models.labels(*labels).set(numbers.mib * MIB)
                self._passes.labels(*labels).set(numbers.passes)
                self._waiting.labels(*labels).set(numbers.waiting)
            for state, count in now.runs.items():
                self._runs.labels(state).set(count)
            self._memory.set(now.memory_mib * MIB)
            self._jobs.set(now.jobs)
            return generate_latest(self._registry)
