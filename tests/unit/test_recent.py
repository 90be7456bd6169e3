"""Values that are held while they fit into so many bytes."""

from bert_core.serving.recent import Recent


def test_the_one_unused_for_longest_makes_room() -> None:
    held = Recent[str](10)
    for name in "abc":
        held.put(name, name.upper(), 3)
    assert held.get("a") == "A"
    held.put("d", "D", 4)
    assert [held.get(name) for name in "abcd"] == ["A", None, "C", "D"]
    assert held.size == 10
    held.put("e", "E", 8)
    assert [held.get(name) for name in "abcde"] == [None, None, None, None, "E"]


def test_what_is_too_large_is_not_held_and_costs_the_others_nothing() -> None:
    held = Recent[str](10)
    held.put("a", "A", 10)
    held.put("b", "B", 11)
    assert (held.get("a"), held.get("b"), held.size) == ("A", None, 10)


def test_a_value_that_is_put_again_counts_once() -> None:
    held = Recent[str](10)
    for size in (6, 4, 5):
        held.put("a", str(size), size)
    assert (held.get("a"), held.size) == ("5", 5)
