"""``GET /metrics``: counters for Prometheus, under the same rule as the JSON API."""

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response

from bert_core.serving.held import used_mib
from bert_core.serving.meters import CONTENT_TYPE, ModelLabels, ModelNumbers, Now
from bert_core.training.runs import list_runs, status
from pages._server.access import refusal
from pages._server.watching import meters
from pages._shared.models import jobs, loaded


def answer(request: Request) -> Response:
    """All counters, as they stand."""
    refused = refusal(request)
    if refused is not None:
        return refused
    models = {
        ModelLabels(each.label, each.choice.device, each.choice.precision):
        ModelNumbers(each.memory_mib, each.passes, each.line.waiting)
        for each in loaded() if each.loaded
    }  # fmt: skip
    runs = Counter(status(folder).state for folder in list_runs())
    line = jobs()
    now = Now(used_mib(), models, line.waiting + line.busy, runs)
    headers = {"Cache-Control": "no-store"}
    return Response(meters().text(now), media_type=CONTENT_TYPE, headers=headers)
