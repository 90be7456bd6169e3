"""Low-rank training: what is frozen, what is merged, what a saved adapter holds and refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from bert_core.errors import InputError, ModelError
from bert_core.training import lora

CLASSES = {
    "span": "BertForQuestionAnswering",
    "classification": "BertForSequenceClassification",
    "tagging": "BertForTokenClassification",
    "multiple_choice": "BertForMultipleChoice",
    "pretraining": "BertForPreTraining",
}
Make = Callable[[str], Any]


@pytest.fixture
def model_of(folder_of: Callable[[str], Path]) -> Make:
    import transformers

    transformers.utils.logging.disable_progress_bar()

    def made(head: str) -> Any:
        folder = folder_of(f"bert-{head}")
        return getattr(transformers, CLASSES[head]).from_pretrained(folder).eval()

    return made


def inputs_for(head: str) -> dict[str, torch.Tensor]:
    shape = (3, 2, 9) if head == "multiple_choice" else (3, 9)
    ids = torch.randint(5, 60, shape, generator=torch.Generator().manual_seed(1))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def answers(model: Any, head: str) -> list[torch.Tensor]:
    with torch.no_grad():
        out = model(**inputs_for(head))
    return [value for key, value in out.items() if "logits" in key]


def disturb(model: Any) -> None:
    """Change everything that is trained, as training would."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight += 0.1 * torch.randn(weight.shape, generator=generator)


@pytest.mark.parametrize("head", CLASSES)
def test_additions_begin_as_nothing_and_merge_into_a_plain_model(model_of: Make, head: str) -> None:
    plain = model_of(head)
    names = set(plain.state_dict())
    before = answers(plain, head)
    model = lora.add_lora(plain, 4).eval()
    for one, other in zip(answers(model, head), before, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
    disturb(model)
    unmerged = answers(model, head)
    assert all(
        (one - other).abs().max() > 1e-2 for one, other in zip(unmerged, before, strict=True)
    )
    merged = lora.merge_lora(model)
    assert type(merged).__name__ == CLASSES[head]
    assert set(merged.state_dict()) == names
    for one, other in zip(answers(merged, head), unmerged, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)
    for one, other in zip(answers(model, head), unmerged, strict=True):
        assert torch.equal(one, other), "the model that is trained stays as it is"


def test_a_merged_model_opens_like_any_other(model_of: Make, tmp_path: Path) -> None:
    import transformers

    model = lora.add_lora(model_of("span"), 2).eval()
    disturb(model)
    lora.merge_lora(model).save_pretrained(tmp_path)
    opened, info = transformers.BertForQuestionAnswering.from_pretrained(
        tmp_path, output_loading_info=True
    )
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    for one, other in zip(answers(opened.eval(), "span"), answers(model, "span"), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_only_the_additions_the_head_and_the_pooler_are_trained(model_of: Make) -> None:
    model = lora.add_lora(model_of("classification"), 4)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    additions = {name for name in trained if ".lora_" in name}
    assert len(additions) == 2 * 2 * 6, "two per linear layer: 2 layers of 6"
    rest = {name.removeprefix("base_model.model.") for name in trained - additions}
    assert {name.split(".modules_to_save")[0] for name in rest} == {"classifier", "bert.pooler"}


def test_a_projection_that_is_tied_to_the_embeddings_stays_tied(model_of: Make) -> None:
    model = lora.add_lora(model_of("pretraining"), 4)
    disturb(model)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert any("predictions.transform" in name for name in trained)
    assert any("seq_relationship" in name for name in trained)
    assert not any("decoder" in name or "embeddings" in name for name in trained)
    merged = lora.merge_lora(model)
    words = merged.bert.embeddings.word_embeddings.weight
    assert merged.cls.predictions.decoder.weight is words


@pytest.mark.parametrize("name", ["distilbert-classification", "roberta-classification"])
def test_other_families_have_their_names(name: str, folder_of: Callable[[str], Path]) -> None:
    import transformers

    plain = transformers.AutoModelForSequenceClassification.from_pretrained(folder_of(name))
    model = lora.add_lora(plain, 4)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert sum(".lora_A" in name for name in trained) == 2 * 6
    assert any("classifier" in name for name in trained)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`")
def test_an_adapter_goes_to_a_folder_and_back(model_of: Make, tmp_path: Path) -> None:
    import peft

    model = lora.add_lora(model_of("span"), 3).eval()
    disturb(model)
    lora.save_adapter(model, tmp_path / "reader")
    assert sorted(path.name for path in (tmp_path / "reader").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    fresh = model_of("span")
    with torch.no_grad():
        fresh.qa_outputs.weight.zero_()  # a new head, as the encoder alone would get
    opened = lora.load_adapter(fresh, tmp_path / "reader").eval()
    for one, other in zip(answers(opened, "span"), answers(model, "span"), strict=True):
        assert torch.equal(one, other)
    for one, other in zip(
        answers(lora.merge_lora(opened), "span"), answers(model, "span"), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)
    by_peft = peft.PeftModel.from_pretrained(model_of("span"), tmp_path / "reader").eval()
    for one, other in zip(answers(by_peft, "span"), answers(model, "span"), strict=True):
        assert torch.equal(one, other)


def test_an_adapter_says_nothing_about_this_machine(
    model_of: Make, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    lora.save_adapter(lora.add_lora(model_of("span"), 2), tmp_path)
    written = (tmp_path / lora.CONFIG).read_text(encoding="utf-8")
    assert str(folder_of("bert-span").parent) not in written


def saved(model_of: Make, folder: Path) -> Path:
    lora.save_adapter(lora.add_lora(model_of("span"), 2), folder)
    return folder


def test_an_adapter_of_another_head_is_refused(model_of: Make, tmp_path: Path) -> None:
    folder = saved(model_of, tmp_path / "reader")
    with pytest.raises(ModelError, match="reader belongs to another encoder or head"):
        lora.load_adapter(model_of("tagging"), folder)


@pytest.mark.parametrize(
    "config",
    [
        "",
        "[]",
        '{"r": 2}',
        '{"r": "2", "lora_alpha": 4, "modules_to_save": ["qa_outputs"]}',
        '{"r": 100000000, "lora_alpha": 4, "modules_to_save": ["qa_outputs"]}',
        '{"r": 2, "lora_alpha": 4, "modules_to_save": [7]}',
    ],
)
def test_a_config_that_is_none_is_refused(model_of: Make, tmp_path: Path, config: str) -> None:
    folder = saved(model_of, tmp_path / "reader")
    (folder / lora.CONFIG).write_text(config, encoding="utf-8")
    with pytest.raises(ModelError, match="no adapter, or a damaged one"):
        lora.load_adapter(model_of("span"), folder)


def test_weights_that_broke_off_are_refused(model_of: Make, tmp_path: Path) -> None:
    folder = saved(model_of, tmp_path / "reader")
    whole = (folder / lora.WEIGHTS).read_bytes()
    (folder / lora.WEIGHTS).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="missing or damaged"):
        lora.load_adapter(model_of("span"), folder)
    (folder / lora.WEIGHTS).unlink()
    (folder / "adapter_model.bin").write_bytes(b"a program")
    with pytest.raises(ModelError, match="missing or damaged"):
        lora.load_adapter(model_of("span"), folder)


def test_what_a_config_asks_to_import_is_not_imported(model_of: Make, tmp_path: Path) -> None:
    folder = saved(model_of, tmp_path / "reader")
    config = json.loads((folder / lora.CONFIG).read_text(encoding="utf-8"))
    config |= {"megatron_config": {}, "megatron_core": "this", "peft_type": "OTHER"}
    (folder / lora.CONFIG).write_text(json.dumps(config), encoding="utf-8")
    lora.load_adapter(model_of("span"), folder)
    import sys

    assert "this" not in sys.modules


def test_a_rank_of_nought_is_refused(model_of: Make) -> None:
    with pytest.raises(InputError, match="at least 1") as caught:
        lora.add_lora(model_of("span"), 0)
    assert caught.value.field == "lora_rank"


def test_unknown_layers_are_refused_by_name() -> None:
    class Odd(torch.nn.Module):
        base_model_prefix = "body"

        def __init__(self) -> None:
            super().__init__()
            self.body = torch.nn.Sequential(torch.nn.Linear(2, 2))
            self.classifier = torch.nn.Linear(2, 2)

    with pytest.raises(ModelError, match="does not know the layers of Odd"):
        lora.add_lora(Odd(), 2)
