"""Random designs: mostly of numbers that could work, some that cannot."""

from __future__ import annotations

from random import Random
from typing import Any

from cnn_core.designs import KINDS, Design, Kind, Row

USUAL = {"filters": (1, 4, 6, 8, 16), "kernel": (1, 2, 3, 5), "stride": (1, 1, 1, 2, 3), "pad": (0, 0, 1, 2), "groups": (1, 1, 1, 2, 4),
         "dilation": (1, 1, 1, 2), "outputs": (4, 10), "size": (1, 1, 2, 4), "times": (1, 2, 3), "channels": (4, 16, 32),
         "multiplier": (1, 2)}  # fmt: skip
LAYERS = [word for word, kind in KINDS.items() if not kind.opens]


def value(spec: Any, random: Random) -> Any:
    if random.random() < 0.35:
        return spec.default
    if spec.form == "flag":
        return random.random() < 0.3
    if spec.form == "real":
        return round(random.uniform(max(spec.least, 1e-3), min(spec.most, 0.9)), 3)
    if spec.name == "input":
        return random.choice((None, None, None, 8, 16, 288))
    numbers = USUAL[spec.name]
    if spec.form == "number":
        return random.choice(numbers)
    both = random.choice(numbers)
    return (both, both) if random.random() < 0.85 else (both, random.choice(numbers))


def kind(word: str, random: Random) -> Kind:
    made = KINDS[word]
    return made(**{spec.name: value(spec, random) for spec in made.specs()})


def rows(random: Random, depth: int, room: int) -> list[Row]:
    found: list[Row] = []
    for _ in range(random.randint(0 if depth else 1, 4)):
        word = random.choice(("residual", "branches", "gate", "repeat")) if depth < 3 and random.random() < 0.18 else random.choice(LAYERS)
        found.append(Row(depth, kind(word, random)))
        if word == "branches":
            for _ in range(random.randint(0, 3)):
                found.append(Row(depth + 1, kind("branch", random)))
                found += rows(random, depth + 2, room // 2)
        elif KINDS[word].opens:
            found += rows(random, depth + 1, room // 2)
            if word == "residual" and random.random() < 0.4:
                found.append(Row(depth + 1, kind("shortcut", random)))
                found += rows(random, depth + 2, room // 2)
    return found


def design(seed: int) -> Design:
    random = Random(seed)
    shape = (random.choice((1, 3, 4, 8)), random.choice((5, 8, 12, 28)), random.choice((5, 8, 12)))
    return Design(shape, tuple(rows(random, 0, 12)), random.choice(("", "A name", 'The "<b>best</b>" & $x$ # net')))
