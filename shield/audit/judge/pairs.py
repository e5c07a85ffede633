"""What choices between answers add up to, and how much of it is order and length."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from shield.audit.budget import Rate, rate
from shield.audit.judge.asking import Choice
from shield.audit.judge.rubric import Pair


class Preference(Struct, frozen=True):
    """Wins of `a` and `b`, and ties. `steady` are pairs in which the order changed nothing; `longer`
    is how often the longer answer won, of the wins between answers of different length.
    """

    a: int
    b: int
    ties: int
    steady: Rate
    longer: Rate

    @property
    def note(self) -> str:
        """What the length of an answer has to do with its winning."""
        if self.longer.n == 0:
            return "no win between answers of different length: nothing is known of length bias"
        shown = f"the longer answer won {self.longer.count} of {self.longer.n}"
        interval = f"95 % {self.longer.low:.0%} - {self.longer.high:.0%}"
        leans = self.longer.low > 0.5 or self.longer.high < 0.5
        told = "length bias, unless length is what was asked for" if leans else "no bias shown"
        return f"{shown} ({interval}): {told}"


def preference(pairs: Sequence[Pair], choices: Mapping[str, Choice]) -> Preference:
    """Sum choices up; pairs without one are left out."""
    known = [(pair, choices[pair.id]) for pair in pairs if pair.id in choices]
    sides = [choice.side for _, choice in known]
    wins = [(pair, choice.side) for pair, choice in known if choice.side != "tie"]
    uneven = [(pair, side) for pair, side in wins if len(pair.a) != len(pair.b)]
    longer = sum((side == "a") == (len(pair.a) > len(pair.b)) for pair, side in uneven)
    steady = sum(choice.forth == choice.back for _, choice in known)
    return Preference(
        a=sides.count("a"),
        b=sides.count("b"),
        ties=sides.count("tie"),
        steady=rate(steady, len(known)),
        longer=rate(longer, len(uneven)),
    )
