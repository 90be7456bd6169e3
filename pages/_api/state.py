"""What the API page remembers, and what a link to it carries."""

from bert_core.serving.names import NAMES
from pages._shared.link import Field, one_of

ROUTES = (*NAMES, "models")
FORMS = ("One question", "Several")
FIELDS = (
    Field("route", "api_route", ROUTES[0], one_of(*ROUTES)),
    Field("form", "api_form", FORMS[0], one_of(*FORMS)),
)
