"""The rules to edit, by our record of them and else by the spec."""

from dataclasses import dataclass

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.holders import taken
from canary_operator.providers.traffic.istio.problems import asked_twice
from canary_operator.providers.traffic.istio.record import Entry, Kept, read_entry
from canary_operator.providers.traffic.istio.routes import Asked, Rule, Split, choose, read
from canary_operator.providers.traffic.istio.rules import Spot, name_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule that is meant, as it was first written about or else as it is asked for, and where it stands."""

    split: Split
    spot: Spot | Problem
    kept: Kept | None


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that can be split, and what we wrote about it."""

    rule: Rule
    name: str | None
    split: Split
    kept: Kept | None

    @property
    def spot(self) -> Spot:
        return self.rule.spot


def find(live: Object, asked: Asked) -> tuple[Found | Problem, ...]:
    """Each that is asked for."""
    entry = read_entry(live, asked.rollout)
    if isinstance(entry, Problem):
        return (entry,)
    return tuple(_found(live, one) for one in choose_all(live, asked, entry))


def choose_all(live: Object, asked: Asked, entry: Entry | None) -> tuple[Chosen, ...]:
    """What the spec asks for, and what the record alone still knows of; no spot is meant twice."""
    kept = {one.place: one for one in entry.kept} if entry else {}
    wanted = {split.place: split for split in asked.splits}
    chosen: list[Chosen] = []
    for place in sorted({*kept, *wanted}):
        one = _choose(live, asked.rollout, wanted.get(place), kept, place)
        if any(one.spot == other.spot for other in chosen) and isinstance(one.spot, Spot):
            one = Chosen(one.split, asked_twice(live, one.spot, one.split.field), one.kept)
        chosen.append(one)
    return tuple(chosen)


def _choose(live: Object, rollout: str, wanted: Split | None, kept: dict[int, Kept], place: int) -> Chosen:
    mine = kept.get(place)
    if mine is None and wanted is not None:
        return Chosen(wanted, choose(live, wanted, None), None)
    recorded = {key: one.split(rollout, wanted.field if wanted else "") for key, one in kept.items()}
    others = [split for key, split in recorded.items() if key != place]
    return Chosen(recorded[place], choose(live, wanted or recorded[place], recorded[place], others), mine)


def _found(live: Object, one: Chosen) -> Found | Problem:
    if isinstance(one.spot, Problem):
        return one.spot
    rule = read(live, one.spot, one.split)
    if isinstance(rule, Problem):
        return rule
    problem = taken(live, one.split.rollout, one.spot) if one.kept is None else None
    return problem or Found(rule, name_of(live, one.spot), one.split, one.kept)
