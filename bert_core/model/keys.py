"""One model, one key, whatever it is called."""

from dataclasses import replace

from bert_core.errors import ModelError
from bert_core.model import hub, run_models
from bert_core.model.allowed import allowed_folder, check_allowed
from bert_core.model.choice import ModelChoice
from bert_core.model.sources import SHIPPED
from bert_core.model_names import RUN, looks_like_folder


def key_of(choice: ModelChoice) -> ModelChoice:
    """A choice as what its name means now: equal keys are the same weights.

    A folder is its real path, or the shipped model that lies there. The revision is the commit
    that a branch or tag means in the local cache, the time at which a run wrote its weights, and
    None for all else. Nothing is loaded and no network is asked; what cannot be told, such as a
    hub model that is not here yet, stays as it was asked for, and loading says what is wrong.

    Args:
        choice: as a visitor named it.
    """
    try:
        check_allowed(choice.source)
        source, revision = _meant(choice)
    except ModelError:
        return choice
    return replace(choice, source=source, revision=revision)


def _meant(choice: ModelChoice) -> tuple[str, str | None]:
    """Source and revision."""
    if choice.source in SHIPPED:
        return choice.source, None
    if choice.source.startswith(RUN):
        return choice.source, run_models.written(choice.source)
    if looks_like_folder(choice.source):
        folder = allowed_folder(choice.source)
        shipped = [name for name, where in SHIPPED.items() if where.resolve() == folder]
        return (shipped or [str(folder)])[0], None
    return choice.source, hub.commit_here(choice.source, choice.revision) or choice.revision
