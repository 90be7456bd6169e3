"""Sentences about a text that a reader of any result should know."""

from bert_core.model.tokens import Tokens
from bert_core.model.vocabulary import Vocabulary


def text_notes(tokens: Tokens, vocabulary: Vocabulary) -> tuple[str, ...]:
    """What the model does not see of a text, or sees as unknown, in sentences.

    Args:
        tokens: the text in pieces.
        vocabulary: of the same checkpoint.

    Returns:
        One sentence for each kind of loss; none when there is none.
    """
    found = []
    if tokens.cut is not None:
        found.append(tokens.cut.sentence())
    unseen = tokens.unseen()
    if unseen:
        sequence, index = unseen[0]
        character = ((tokens.pair if sequence else tokens.text) or "")[index]
        where = "second text" if sequence else "text"
        found.append(
            f"{_count(len(unseen), 'character is', 'characters are')} dropped by the tokenizer: "
            f"U+{ord(character):04X} at character {index + 1:,} of the {where}"
            f"{' and others' if len(unseen) > 1 else ''}."
        )
    unknown = [
        tokens.surface(position)
        for position in tokens.content
        if tokens.ids[position] == vocabulary.unknown_id
    ]
    if unknown:
        shown = ", ".join(f"'{word[:30]}'" for word in unknown[:3])
        found.append(
            f"{_count(len(unknown), 'word is', 'words are')} unknown to the vocabulary and read "
            f"as {vocabulary.pieces[vocabulary.unknown_id or 0]}: {shown}"
            f"{' and others' if len(unknown) > 3 else ''}."
        )
    return tuple(found)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
