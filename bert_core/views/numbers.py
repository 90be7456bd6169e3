"""Numbers as people read them; exports keep the exact ones."""

from collections.abc import Sequence

PER_CENT = "\N{NO-BREAK SPACE}%"
"""Behind a number: alone at the beginning of a line the sign says nothing."""


def percent(probability: float) -> str:
    r"""A probability in percent, in one line.

    Example:
        >>> percent(0.1234), percent(0.00001), percent(1.0)
        ('12.3\xa0%', '<\xa00.1\xa0%', '100.0\xa0%')
    """
    if probability < 0.001:
        return f"<\N{NO-BREAK SPACE}0.1{PER_CENT}"
    return f"{probability * 100:.1f}{PER_CENT}"


def share(part: float) -> str:
    r"""A share of what was counted, in percent: none of it is 0, not nearly 0.

    Example:
        >>> share(0.5), share(0.0), share(0.0004)
        ('50.0\xa0%', '0\xa0%', '<\xa00.1\xa0%')
    """
    return percent(part) if part else f"0{PER_CENT}"


def typed(text: str) -> str:
    """A figure with the spaces of a keyboard, so that a terminal's text can be searched for it.

    Example:
        >>> typed(percent(0.1234))
        '12.3 %'
    """
    return text.replace("\N{NO-BREAK SPACE}", " ")


def signed(value: float) -> str:
    """A log-odds figure with its sign and two decimals.

    Example:
        >>> signed(1.5), signed(-0.25), signed(-0.001)
        ('+1.50', '−0.25', '0.00')
    """
    rounded = round(value, 2)
    return "0.00" if rounded == 0 else f"{rounded:+.2f}".replace("-", "−")


def nats(value: float) -> str:
    """A log-probability or a sum of them, with two decimals.

    Example:
        >>> nats(-6.841), nats(-0.001)
        ('−6.84', '0.00')
    """
    rounded = round(value, 2) or 0.0  # no minus before nothing
    return f"{rounded:.2f}".replace("-", "−")


def bits(value: float) -> str:
    """An amount of information.

    Example:
        >>> bits(3.14159)
        '3.1 bits'
    """
    return f"{value:.1f} bits"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "mask"), counted(1200, "piece")
        ('1 mask', '1,200 pieces')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    Example:
        >>> joined(["a", "b", "c"])
        'a, b and c'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
