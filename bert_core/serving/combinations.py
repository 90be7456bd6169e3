"""Fields that have no meaning together: refused, so that nothing that was asked is passed over."""

from bert_core.errors import InputError
from bert_core.model_names import is_hub_id
from bert_core.serving.items import AskItem, AttendItem, FillItem, Item, NextItem, TargetItem

_OF_TARGETS = {
    "position": "masked_word",
    "word": "masked_word",
    "follows": "next_sentence",
    "span": "span",
}


def refuse_unused(item: Item) -> None:
    """Refuse a question with a field that was given and would change nothing.

    Raises:
        InputError: which field, and what it goes with.
    """
    match item:
        case FillItem():
            _fill(item)
        case NextItem():
            if (item.pair is None) == (item.candidates is None):
                raise InputError("Give either pair or candidates.", field="pair")
        case AskItem():
            _ask(item)
        case AttendItem():
            _attend(item)


def refuse_revision(model: str, revision: str | None) -> None:
    """Refuse a revision of a model that has none.

    Raises:
        InputError: the model is no hub id.
    """
    if revision is not None and not is_hub_id(model):
        raise InputError(
            "Only a hub id has revisions. Leave 'revision' out, or name a model of the hub.",
            field="revision",
        )


def _fill(item: FillItem) -> None:
    given = item.model_fields_set
    if item.candidates is None:
        if "mask" in given:
            raise InputError(
                "'mask' says at which mask 'candidates' are scored, and there are none. Give "
                "some, or leave it out: the answer ranks words at every mask.",
                field="mask",
            )
        return
    for name in ("k", "strategy", "width", "words_only"):
        if name in given:
            raise InputError(
                f"'{name}' is about words that the model finds itself; with 'candidates' it finds "
                "none. Leave one of the two out.",
                field=name,
            )


def _ask(item: AskItem) -> None:
    if "null_threshold" not in item.model_fields_set:
        return
    if not item.impossible:
        raise InputError(
            "'null_threshold' goes with 'impossible'. Set that to true, or leave it out.",
            field="null_threshold",
        )
    if item.decoder == "pipeline":
        raise InputError(
            "The pipeline's rules know no threshold. Leave 'null_threshold' out, or choose the "
            "decoder google or hf.",
            field="null_threshold",
        )


def _attend(item: AttendItem) -> None:
    if item.renormalise and not item.hide_special:
        raise InputError(
            "'renormalise' goes with 'hide_special': otherwise every row is whole. Set that to "
            "true, or leave it out.",
            field="renormalise",
        )
    if item.target is None:
        return
    if item.measure != "attribution":
        raise InputError(
            "'target' goes with the measure attribution. Choose that, or leave it out.",
            field="target",
        )
    _aim(item.target)


def _aim(target: TargetItem) -> None:
    for name, head in _OF_TARGETS.items():
        if getattr(target, name) is not None and target.head != head:
            raise InputError(
                f"'{name}' goes with the head {head}; the target's is {target.head}. Leave it "
                "out, or name that head.",
                field=f"target.{name}",
            )
