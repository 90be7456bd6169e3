"""The embedded model's weights: broken ones would still answer, so what they know is measured.

Measured with the weights that ship (seventy sentences, 811 pieces): masked word 61 % top-1 and
85 % top-5; every third piece, as here, 62 % and 86 %. Next sentence: the true sentence scores
above another in 19 of 20 pairs, and above 0 in 20 of 20. The limits stand well under that, so
that better weights pass and damaged ones do not.
"""

from pathlib import Path

import pytest

import bert_core
from bert_core.data.squad import read_squad
from bert_core.metrics.squad import score
from bert_core.model.choice import READER

GOLDEN = Path(__file__).parents[1] / "golden"
HELD_OUT = GOLDEN / "held_out.txt"
OWN_QUESTIONS = GOLDEN / "own" / "own_squad_v1.json"
SENTENCES = HELD_OUT.read_text(encoding="utf-8").splitlines()
PAIRS = [
    ("A man walked to the shop on the corner.", "There he bought a bottle of milk."),
    ("She lost the key to her front door.", "A neighbour let her in through the garden."),
    ("The train was two hours late.", "Many of the passengers missed their flights."),
    ("My dog ran away last night.", "We found him this morning in the park."),
    ("The river rose after days of rain.", "Several houses near the bank were flooded."),
    ("He was born in a small town in the north.", "His father was a teacher at the local school."),
    ("The band began to record its second album.", "The songs were released the following year."),
    ("The army attacked the city at dawn.", "The soldiers inside surrendered after a week."),
    ("The temple was built of white stone.", "Its roof was destroyed in an earthquake."),
    ("The team won its first three matches.", "It lost the final by a single goal."),
    ("Lions live together in groups.", "The females do most of the hunting."),
    ("The new bridge opened in May.", "It carries two railway tracks and a road."),
    ("The actress played a nurse in the film.", "She won an award for the role."),
    ("The company makes cars and trucks.", "Its main factory employs two thousand people."),
    ("The king had no children.", "After his death the throne passed to his cousin."),
    ("The plant grows in dry places.", "Its yellow flowers appear in spring."),
    ("The school has about six hundred pupils.", "Most of them come from nearby villages."),
    ("The virus spread quickly through the country.", "Hospitals were soon full of sick people."),
    ("The mountain is the highest in the region.", "Climbers first reached its top long ago."),
    ("The bank raised its interest rates.", "Loans became more expensive for families."),
]


def test_the_held_out_text_is_large_enough() -> None:
    assert len(SENTENCES) >= 60
    assert len(set(SENTENCES)) == len(SENTENCES)


def test_masked_word_accuracy(embedded) -> None:
    inputs, answers = [], []
    words = 0
    for sentence in SENTENCES:
        tokens = embedded.tokenize(sentence)
        for position in tokens.content:
            if not tokens.surface(position).isalnum():
                continue
            words += 1
            if words % 3 == 1:
                inputs.append(tokens.masked([position]))
                answers.append(tokens.ids[position])
    first = among_five = 0
    for rows, logits in embedded.masked_logits(inputs, [tokens.masks for tokens in inputs]):
        for (member, _), best in zip(rows, logits.topk(5).indices.tolist(), strict=True):
            first += best[0] == answers[member]
            among_five += answers[member] in best
    assert len(answers) > 250
    assert first / len(answers) > 0.5
    assert among_five / len(answers) > 0.75


def follows(encoder, first: str, second: str) -> float:
    """Log-odds that the second sentence follows the first; label 0 says that it does."""
    logits = encoder.trace(encoder.tokenize(first, second), next_sentence=True).next_sentence
    return float(logits[0] - logits[1])


@pytest.fixture(scope="module")
def scores(embedded) -> list[tuple[float, float]]:
    """For each pair, the score of its own second sentence and of another pair's."""
    return [
        (
            follows(embedded, first, second),
            follows(embedded, first, PAIRS[(number + 7) % len(PAIRS)][1]),
        )
        for number, (first, second) in enumerate(PAIRS)
    ]


def test_next_sentence_ranks_the_true_one_higher(scores) -> None:
    assert sum(true > other for true, other in scores) >= 0.8 * len(scores)


def test_next_sentence_label_0_is_the_one_that_follows(scores) -> None:
    assert sum(true > 0 for true, _ in scores) >= 0.8 * len(scores)


def test_the_reader_answers_most_questions_on_our_own_texts() -> None:
    """The floor lies well below what the shipped weights reach: 79 and 88 per cent."""
    reader = bert_core.load(bert_core.ModelChoice(READER))
    questions = read_squad(OWN_QUESTIONS, version_2=False).examples[:80]
    said = {each.id: bert_core.answer(reader, each.question, each.context).text
            for each in questions}  # fmt: skip
    found = score(questions, said).metrics
    assert found["total"] == 80
    assert found["exact"] > 68
    assert found["f1"] > 80
