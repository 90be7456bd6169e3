"""Text to pieces and back to characters, for every family."""

import json
import random
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bert_core.errors import InputError, ModelError
from bert_core.model.checkpoints import inspect
from bert_core.model.tokenizer import Overflow, Tokenizer
from bert_core.model.tokens import Tokens
from tests import tiny

FAMILIES = (
    "bert-pretraining", "bert-cased", "bert-chinese", "distilbert", "roberta", "xlm-roberta",
)  # fmt: skip
SPECIAL = ("[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "<s>", "</s>", "<pad>", "<unk>", "<mask>")
HARD = (
    "\0", "\0 bread \0", "bread\0bread", "\x01\x02\x03", " \t\n\r", "\u200b", "\u00ad\u2060\ufeff",
    "👩‍👩‍👧 bread 🧀", "שלום bread עולם", "مرحبا\u202ebread\u202c",
    "</script><script>alert(1)</script>",
    "a\u0301\u0302\u0303" * 50, "ﬃ ŒUVRE straße İstanbul", "!?…—", "．。、", "今天bread天气",
    "\ud800", "bread \udfff", "\ue000", "\U0010ffff", "\ufffd", "x" * 20_000, "bread " * 4_000,
    "\u0301", "[MASK]" * 300, "___ " * 300, "[CLS] bread [SEP] river [PAD] [UNK]", "##s ##",
    "Ġ ▁ ▁a",
)  # fmt: skip

texts = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [*tiny.WORDS, *SPECIAL, "___", "##s", " ", "\u200b", "é", "今", "🧀", "\0"]
        ),
        max_size=16,
    ).map(" ".join),
)


@pytest.fixture(scope="module", params=FAMILIES)
def tokenizer(request: pytest.FixtureRequest, folder_of) -> Tokenizer:  # type: ignore[no-untyped-def]
    return Tokenizer(inspect(folder_of(request.param), source=request.param))


@pytest.fixture(scope="module")
def bert(folder_of) -> Tokenizer:  # type: ignore[no-untyped-def]
    return Tokenizer(inspect(folder_of("bert-pretraining"), source="tiny"))


def check(tokens: Tokens, tokenizer: Tokenizer) -> None:
    """What holds for any tokens of any text."""
    columns = (
        tokens.pieces, tokens.words, tokens.offsets, tokens.sequences, tokens.segments,
        tokens.originals,
    )  # fmt: skip
    assert {len(column) for column in columns} == {len(tokens.ids)}
    assert len(tokens) <= tokenizer.max_pieces
    assert tokens.pieces == tuple(tokenizer.vocabulary.pieces[id_] for id_ in tokens.ids)
    ends = {0: 0, 1: 0}
    last_word = -1
    for word, span, sequence in zip(tokens.words, tokens.offsets, tokens.sequences, strict=True):
        assert (word is None) == (span is None) == (sequence is None)
        if word is None or span is None or sequence is None:
            continue
        source = tokens.pair if sequence else tokens.text
        assert source is not None
        assert 0 <= span[0] <= span[1] <= len(source)
        assert span[0] >= ends[sequence], "offsets run forward"
        ends[sequence] = span[0]
        assert word >= last_word, "words are counted forward, through both texts"
        last_word = word


def tokens_or_sentence(
    tokenizer: Tokenizer,
    text: str,
    pair: str | None = None,
    *,
    masks: bool = True,
    overflow: Overflow = "cut",
) -> Tokens | None:
    """Tokens, looked through by :func:`check`, or None after a refusal in words."""
    try:
        tokens = tokenizer.encode(text, pair, masks=masks, overflow=overflow)
    except InputError as error:
        refused = error
    else:
        check(tokens, tokenizer)
        return tokens
    assert re.search(r"\w.*\.$", str(refused))
    assert refused.field in ("text", "pair")
    return None


@given(text=texts, masks=st.booleans())
@example(text="bread", masks=True)
def test_any_text_gives_sound_tokens_or_a_sentence(
    tokenizer: Tokenizer, text: str, masks: bool
) -> None:
    tokens = tokens_or_sentence(tokenizer, text, masks=masks)
    if tokens is not None:
        assert tokens.pair is None
        assert 1 not in tokens.sequences
    elif text.isascii():
        assert not text.strip("\0\x7f" + "".join(map(chr, range(33)))), "nothing else is refused"


@given(text=texts, pair=texts)
def test_any_pair_gives_sound_tokens_or_a_sentence(
    tokenizer: Tokenizer, text: str, pair: str
) -> None:
    tokens_or_sentence(tokenizer, text, pair)


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
@pytest.mark.parametrize("overflow", ["refuse", "cut"])
def test_hard_texts_end_in_tokens_or_a_sentence(
    tokenizer: Tokenizer, text: str, overflow: Overflow
) -> None:
    for pair in (None, text, "fresh bread"):
        tokens_or_sentence(tokenizer, text, pair, overflow=overflow)


@given(text=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_a_piece_is_what_its_characters_say(bert: Tokenizer, text: str) -> None:
    try:
        tokens = bert.encode(text, masks=False, overflow="cut")
    except InputError:
        assert not text.strip()
        return
    covered = 0
    for position in tokens.content:
        surface = tokens.surface(position)
        if tokens.pieces[position] != "[UNK]":
            assert tokens.pieces[position].removeprefix("##") == surface.lower()
        covered += len(surface)
    if tokens.cut is None:
        assert covered == len("".join(text.split())), "no visible character is lost"
        assert tokens.unseen() == ()


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("Séance à Łódź", ["s", "e", "a", "n", "c", "e"]),
        ("İ", ["i"]),
        ("cafe\u0301s", None),
    ],
)
def test_offsets_survive_removed_accents(bert: Tokenizer, text: str, surfaces: list[str]) -> None:
    tokens = bert.encode(text)
    for position in tokens.content:
        plain = "".join(
            character
            for character in unicodedata.normalize("NFD", tokens.surface(position).lower())
            if unicodedata.category(character) != "Mn"
        )
        if tokens.pieces[position] != "[UNK]":
            assert tokens.pieces[position].removeprefix("##") == plain


@pytest.mark.parametrize("spelling", ["[MASK]", "[mask]", "<mask>", "___", "_______"])
def test_masks_are_found_in_every_family(tokenizer: Tokenizer, spelling: str) -> None:
    tokens = tokenizer.encode(f"fresh {spelling} is warm", f"{spelling} by the lake")
    assert len(tokens.masks) == 2
    for position, source in zip(tokens.masks, (0, 1), strict=True):
        assert tokens.pieces[position] == tokenizer.mask_token
        assert tokens.surface(position) == spelling
        assert tokens.sequences[position] == source
        assert tokens.same_word(position) == (position,)


def test_a_mask_takes_its_space_along(tokenizer: Tokenizer) -> None:
    """Between two words there is the mask and nothing else, as these models were trained."""
    tokens = tokenizer.encode("every ___ opens")
    place = tokens.masks[0]
    assert tokens.surface(place - 1) + tokens.surface(place + 1)[:1] in ("everyo", "yo")


def test_roberta_reads_the_mask_of_a_published_tokenizer(own_copy) -> None:  # type: ignore[no-untyped-def]
    """Published ones say lstrip; the pieces are the same and carry no space in their name."""
    folder = own_copy("roberta")
    plain = Tokenizer(inspect(folder, source="plain")).encode("every ___ opens")
    described = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    described["added_tokens"][-1]["lstrip"] = True
    (folder / "tokenizer.json").write_text(json.dumps(described), encoding="utf-8")
    published = Tokenizer(inspect(folder, source="published")).encode("every ___ opens")
    assert published == plain
    assert published.pieces[published.masks[0]] == "<mask>"


@pytest.mark.parametrize("typed", SPECIAL)
def test_typed_special_tokens_stay_text(tokenizer: Tokenizer, typed: str) -> None:
    special = {
        id_
        for id_, piece in enumerate(tokenizer.vocabulary.pieces)
        if piece in SPECIAL and id_ != tokenizer.vocabulary.unknown_id
    }
    for text in (typed, f"bread {typed} river", f"bread{typed}river", typed * 3):
        for pair in (None, text):
            tokens = tokenizer.encode(text, pair, masks=False)
            assert special.isdisjoint(tokens.ids[position] for position in tokens.content)
            assert tokens.masks == ()
    template = tokenizer.encode("bread", masks=False)
    around = tokenizer.encode(typed, masks=False)
    assert around.ids[0] == template.ids[0], "the template itself keeps its special pieces"
    assert around.ids[-1] == template.ids[-1]


@pytest.mark.parametrize("typed", [name for name in SPECIAL if "mask" not in name.lower()])
def test_typed_special_tokens_stay_text_beside_masks(tokenizer: Tokenizer, typed: str) -> None:
    with_masks = tokenizer.encode(f"{typed} bread")
    assert with_masks.ids == tokenizer.encode(f"{typed} bread", masks=False).ids


@pytest.mark.parametrize("name", FAMILIES)
def test_a_text_equals_the_librarys_tokens(folder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    from transformers import AutoTokenizer

    library = AutoTokenizer.from_pretrained(folder_of(name), local_files_only=True)
    ours = Tokenizer(inspect(folder_of(name), source=name))
    for text, pair in zip(tiny.SENTENCES, tiny.SENTENCES[1:], strict=False):
        assert list(ours.encode(text).ids) == library(text)["input_ids"]
        both, expected = ours.encode(text, pair), library(text, pair)
        assert list(both.ids) == expected["input_ids"]
        assert list(both.segments) == expected.get("token_type_ids", [0] * len(both))


def test_segments_and_words_of_a_pair(bert: Tokenizer) -> None:
    tokens = bert.encode("slow ships", "warm bread")
    assert tokens.pieces == ("[CLS]", "slow", "ships", "[SEP]", "warm", "bread", "[SEP]")
    assert tokens.segments == (0, 0, 0, 0, 1, 1, 1)
    assert tokens.words == (None, 0, 1, None, 2, 3, None)
    assert tokens.sequences == (None, 0, 0, None, 1, 1, None)
    assert [tokens.surface(position) for position in (1, 2, 4, 5)] == [
        "slow", "ships", "warm", "bread",
    ]  # fmt: skip


def test_chinese_is_cut_character_by_character(folder_of) -> None:  # type: ignore[no-untyped-def]
    tokens = Tokenizer(inspect(folder_of("bert-chinese"), source="tiny")).encode("今天天气很好")
    assert tokens.pieces[1:-1] == tuple("今天天气很好")
    assert tokens.offsets[1:-1] == tuple((n, n + 1) for n in range(6))


def test_cased_keeps_capitals_and_accents(folder_of) -> None:  # type: ignore[no-untyped-def]
    cased = Tokenizer(inspect(folder_of("bert-multilingual"), source="tiny"))
    assert cased.encode("Bread bread é").pieces[1:-1] == ("Bread", "bread", "é")


# ---- what does not fit -------------------------------------------------------------------------


def whole_and_cut(tokenizer: Tokenizer, text: str, pair: str | None) -> tuple[Tokens, Tokens]:
    """The same text with room for all of it, and cut."""
    wide = object.__new__(Tokenizer)
    wide.__dict__.update(tokenizer.__dict__, max_pieces=10**6)
    return (
        wide.encode(text, pair, overflow="cut"),
        tokenizer.encode(text, pair, overflow="cut"),
    )


@pytest.mark.parametrize("seed", range(40))
def test_the_first_word_left_out_really_is(tokenizer: Tokenizer, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - texts, no secrets
    words = [*tiny.WORDS, "bakeries", "snowing", "x"]
    one = " ".join(chance.choices(words, k=chance.randint(1, 90)))
    two = " ".join(chance.choices(words, k=chance.randint(1, 90))) if seed % 4 else None
    whole, cut = whole_and_cut(tokenizer, one, two)
    if len(whole) <= tokenizer.max_pieces:
        assert cut == whole
        assert cut.cut is None
        return
    assert cut.cut is not None
    assert len(cut) == tokenizer.max_pieces == cut.cut.limit
    assert cut.cut.pieces == len(whole) - len(cut)
    lost = [
        [n for n in whole.content if whole.sequences[n] == source][cut.sequences.count(source) :]
        for source in (0, 1)
    ]
    source = cut.cut.sequence
    assert lost[source], "the text that is named has lost something"
    assert source == (0 if lost[0] else 1), "the first text is named first"
    word = whole.same_word(lost[source][0])
    assert cut.cut.first_word == "".join(whole.surface(n) for n in word)
    span = whole.offsets[word[0]]
    assert span is not None
    assert cut.cut.character == span[0]
    with pytest.raises(InputError) as refused:
        tokenizer.encode(one, two)
    for said in (f"{len(whole):,} word pieces", f"'{cut.cut.first_word}'", f"{span[0] + 1:,}"):
        assert said in str(refused.value)
    assert refused.value.field == ("pair" if source else "text")


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (100, 10, (51, 10)),
        (10, 100, (10, 51)),
        (100, 100, (31, 30)),
        (31, 31, (31, 30)),
        (60, 2, (59, 2)),
        (1, 100, (1, 60)),
    ],
)
def test_the_longer_text_gives_first(
    bert: Tokenizer, first: int, second: int, kept: tuple[int, int]
) -> None:
    """64 pieces, three of them special; on equal length the second text gives, as in BERT."""
    tokens = bert.encode("bread " * first, "snow " * second, overflow="cut")
    assert (tokens.sequences.count(0), tokens.sequences.count(1)) == kept


def test_a_text_that_just_fits_is_not_cut(bert: Tokenizer) -> None:
    fits = " ".join(["bread"] * (bert.max_pieces - 2))
    assert bert.encode(fits).cut is None
    with pytest.raises(InputError, match="65 word pieces"):
        bert.encode(fits + " river")


def test_cutting_leaves_no_limit_behind(bert: Tokenizer) -> None:
    bert.encode("bread " * 100, overflow="cut")
    whole, _ = whole_and_cut(bert, "bread " * 100, None)
    assert len(whole) == 102


def test_a_very_long_word_is_shortened_in_the_sentence(tokenizer: Tokenizer) -> None:
    with pytest.raises(InputError) as refused:
        tokenizer.encode("bread " * 70 + "q!" * 5_000)
    assert len(str(refused.value)) < 400


# ---- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\t\n\r", "\u00a0\u3000\u2028"])
def test_empty_texts_are_refused(tokenizer: Tokenizer, text: str) -> None:
    with pytest.raises(InputError, match="text is empty") as refused:
        tokenizer.encode(text)
    assert refused.value.field == "text"
    with pytest.raises(InputError, match="second text is empty") as refused:
        tokenizer.encode("bread", text)
    assert refused.value.field == "pair"


@pytest.mark.parametrize("text", ["\0", "\x01\x02", "\u200b\u200d", "\ufeff", "\ufffd"])
def test_a_text_with_nothing_to_see_is_refused(bert: Tokenizer, text: str) -> None:
    with pytest.raises(InputError, match="no character that the model can see"):
        bert.encode(text)


def test_dropped_characters_are_named(bert: Tokenizer) -> None:
    assert bert.encode("a\0b\u200bc d", "e\u00ad").unseen() == ((0, 1), (0, 3), (1, 1))


@pytest.mark.parametrize("text", ["\ud800", "bread \udc00", "\udc00\ud800"])
def test_half_a_surrogate_pair_is_refused(tokenizer: Tokenizer, text: str) -> None:
    with pytest.raises(InputError, match="half of a surrogate pair"):
        tokenizer.encode(text)
    with pytest.raises(InputError, match="half of a surrogate pair") as refused:
        tokenizer.encode("bread", text)
    assert refused.value.field == "pair"


def test_length_is_limited_before_anything_else(tokenizer: Tokenizer) -> None:
    with pytest.raises(InputError, match="100,001 characters"):
        tokenizer.encode("x" * 100_001)
    check(tokenizer.encode("bread " * 16_666, overflow="cut"), tokenizer)


# ---- many at once, words, the way back ---------------------------------------------------------


def test_many_are_the_same_as_one_by_one(tokenizer: Tokenizer) -> None:
    rows = [*tiny.SENTENCES, "every ___ opens", "<s> bread", "x"]
    assert tokenizer.encode_many(rows) == [tokenizer.encode(row) for row in rows]
    assert tokenizer.encode_many([]) == []
    assert tokenizer.encode_many(rows[:1]) == [tokenizer.encode(rows[0])]


@pytest.mark.parametrize(
    ("bad", "said"),
    [("", "empty"), ("\ud800", "surrogate"), ("x " * 99, "Shorten"), ("\x01", "see")],
)
def test_the_row_at_fault_is_named(bert: Tokenizer, bad: str, said: str) -> None:
    with pytest.raises(InputError, match=f"Row 3: .*{said}"):
        bert.encode_many(["bread", "river", bad, "snow"])


def test_a_single_row_at_fault_is_named_too(bert: Tokenizer) -> None:
    for bad in ("", "x " * 99, "\x01"):
        with pytest.raises(InputError, match="Row 1: "):
            bert.encode_many([bad])


def test_pieces_of_a_word_inside_a_sentence(tokenizer: Tokenizer) -> None:
    sentence = tokenizer.encode("the bakery opens")
    ids = []
    for position in sentence.content:
        start, end = sentence.offsets[position] or (0, 0)
        if 4 <= start and end <= 10:
            ids.append(sentence.ids[position])
    assert tokenizer.pieces_of("bakery") == tuple(ids)


def test_vocabulary_for_people(tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.vocabulary
    assert len(vocabulary) == len(vocabulary.words) == len(vocabulary.starts_word)
    assert all(vocabulary.words), "every piece can be shown"
    for sign in ("##", "Ġ", "▁"):
        shown = [word for word in vocabulary.words if word.startswith(sign) and word != sign]
        assert shown == []
    pieces = dict(zip(vocabulary.pieces, range(len(vocabulary)), strict=True))
    assert vocabulary.special[pieces[tokenizer.mask_token]]
    assert pieces[tokenizer.mask_token] == tokenizer.mask_id
    assert not vocabulary.special[tokenizer.pieces_of("bread")[0]]
    assert vocabulary.starts_word[tokenizer.pieces_of("bread")[0]]


# ---- files -------------------------------------------------------------------------------------


def tokenizer_of(folder: Path) -> Tokenizer:
    return Tokenizer(inspect(folder, source="mine"))


def rewrite_vocabulary(folder: Path, change) -> None:  # type: ignore[no-untyped-def]
    pieces = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    (folder / "vocab.txt").write_text("\n".join(change(pieces)) + "\n", encoding="utf-8")


def test_without_tokenizer_files_nothing_is_made_up(own_copy) -> None:  # type: ignore[no-untyped-def]
    for name, file in (("bert-pretraining", "vocab.txt"), ("roberta", "tokenizer.json")):
        folder = own_copy(name)
        (folder / file).unlink()
        with pytest.raises(ModelError, match="has no tokenizer"):
            tokenizer_of(folder)


def test_an_empty_vocabulary_is_refused(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    (folder / "vocab.txt").write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match="do not belong together"):
        tokenizer_of(folder)


def test_a_tokenizer_larger_than_the_model_is_refused(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    rewrite_vocabulary(folder, lambda pieces: [*pieces, "more"])
    with pytest.raises(ModelError, match=r"161 pieces, its model 160"):
        tokenizer_of(folder)


def test_ids_count_not_spellings(own_copy) -> None:  # type: ignore[no-untyped-def]
    """A word that stands twice has the later id, which may lie beyond the model."""
    folder = own_copy("bert-pretraining")
    rewrite_vocabulary(folder, lambda pieces: [*pieces, "heron"])
    with pytest.raises(ModelError, match="do not belong together"):
        tokenizer_of(folder)


@pytest.mark.parametrize("lost", ["[UNK]", "[CLS]", "[SEP]", "[MASK]"])
def test_a_vocabulary_without_a_special_piece_is_refused(own_copy, lost: str) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    rewrite_vocabulary(folder, lambda pieces: [piece for piece in pieces if piece != lost])
    with pytest.raises(ModelError, match=re.escape(f"lacks {lost}")):
        tokenizer_of(folder)


def test_windows_line_ends_are_no_part_of_a_piece(own_copy, bert: Tokenizer) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    content = (folder / "vocab.txt").read_bytes()
    (folder / "vocab.txt").write_bytes(content.replace(b"\n", b"\r\n"))
    found = tokenizer_of(folder)
    assert found.vocabulary.pieces == bert.vocabulary.pieces
    assert found.encode("warm bread").ids == bert.encode("warm bread").ids


def test_a_checkpoint_without_a_mask_is_refused(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    change_json(folder / "tokenizer_config.json", mask_token=None)
    with pytest.raises(ModelError, match="no mask token"):
        tokenizer_of(folder)


def change_json(path: Path, **values: object) -> None:
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8"
    )


BROKEN = {
    "tokenizer.json": (
        "{oops", "[]", "{}", '{"version": "1.0", "added_tokens": [], "model": {"type": "Nope"}}',
        "[" * 100_000, "\0",
    ),
    "tokenizer_config.json": (
        "{oops", "[]", '{"tokenizer_class": 3}', '{"tokenizer_class": "BertJapaneseTokenizer"}',
        '{"model_max_length": "many"}', '{"model_max_length": [1]}', '{"model_max_length": -1}',
        '{"model_max_length": 3}', '{"mask_token": 5}',
    ),
    "vocab.txt": ("\ud800",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "content"), [(file, content) for file, all_ in BROKEN.items() for content in all_]
)
def test_broken_tokenizer_files_are_refused(own_copy, file: str, content: str) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    (folder / file).write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelError, match="tokenizer") as refused:
        tokenizer_of(folder)
    assert len(str(refused.value)) < 500


def test_a_shorter_limit_of_the_tokenizer_holds(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    change_json(folder / "tokenizer_config.json", model_max_length=10)
    found = tokenizer_of(folder)
    assert found.max_pieces == 10
    assert len(found.encode("bread " * 20, overflow="cut")) == 10


# ---- the embedded one --------------------------------------------------------------------------


def test_the_embedded_tokenizer(embedded) -> None:  # type: ignore[no-untyped-def]
    tokens = embedded.tokenize("Paris is the capital of [MASK].")
    assert tokens.pieces == (
        "[CLS]", "paris", "is", "the", "capital", "of", "[MASK]", ".", "[SEP]",
    )  # fmt: skip
    assert tokens.masks == (6,)
    assert len(embedded.tokenizer.vocabulary) == 30_522
    assert embedded.tokenizer.max_pieces == 512
    assert embedded.tokenizer.vocabulary.special[:1000].sum() > 900


def test_eight_threads_tokenise_at_once(tiny_bert, tiny_roberta) -> None:  # type: ignore[no-untyped-def]
    for encoder in (tiny_bert, tiny_roberta):
        rows = [f"{sentence} {'bread ' * n}" for n, sentence in enumerate(tiny.SENTENCES)]
        alone = [encoder.tokenize(row) for row in rows]
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(encoder.tokenize, rows * 40))
        assert together == alone * 40
