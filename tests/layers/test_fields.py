"""What fields take from a file, what they give back, and the words for what they expect."""

from __future__ import annotations

import math
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.schedules import SCHEDULES
from engine.graph.settings import DataSettings, TrainingSettings
from engine.layers.catalogue import LAYERS
from engine.layers.fields import (
    ChoiceSpec,
    FieldSpec,
    FlagSpec,
    PairSpec,
    RealSpec,
    TextSpec,
    WholeListSpec,
    WholeSpec,
    field_specs,
)

WORDS: dict[str, Any] = {"title": "Title", "help": "Help."}
WHOLE = WholeSpec(minimum=1, maximum=1_000_000, **WORDS)
PAIR = PairSpec(minimum=0, maximum=9, **WORDS)
REAL = RealSpec(minimum=0.0, maximum=1.0, open_minimum=True, **WORDS)
ANY_REAL = RealSpec(**WORDS)
OPTIONAL = RealSpec(minimum=0.0, maximum=1.0, open_maximum=True, optional=True, **WORDS)
FLAG = FlagSpec(**WORDS)
CHOICE = ChoiceSpec(choices=(("max", "Maximum"), ("avg", "Average")), **WORDS)
TEXT = TextSpec(**WORDS)
RISING = WholeListSpec(minimum=0, maximum=100, **WORDS)
SPECS = (WHOLE, PAIR, REAL, ANY_REAL, OPTIONAL, FLAG, CHOICE, TEXT, RISING)

RECORDS = (*LAYERS, *SCHEDULES.values(), TrainingSettings, DataSettings)
ALL_FIELDS = [
    pytest.param(spec, default, id=f"{record.__name__}.{name}")
    for record in RECORDS
    for name, spec in field_specs(record).items()
    for default in [getattr(record(), name)]
]

NAN, INFINITY = math.nan, math.inf
HUGE = 10**400
"""Too large for a double: float(HUGE) raises OverflowError."""


@pytest.mark.parametrize(
    ("spec", "value", "parsed"),
    [
        (WHOLE, 1, 1),
        (WHOLE, 1_000_000, 1_000_000),
        (PAIR, 3, (3, 3)),
        (PAIR, [3, 5], (3, 5)),
        (PAIR, (0, 9), (0, 9)),
        (REAL, 1, 1.0),
        (REAL, 5e-324, 5e-324),
        (ANY_REAL, -1e308, -1e308),
        (OPTIONAL, None, None),
        (OPTIONAL, 0, 0.0),
        (FLAG, False, False),
        (CHOICE, "avg", "avg"),
        (TEXT, "", ""),
        (TEXT, "../新しい\u3000フォルダ/ö.npz", "../新しい\u3000フォルダ/ö.npz"),
        (RISING, [], ()),
        (RISING, [0, 7, 100], (0, 7, 100)),
    ],
)
def test_a_value_that_fits_is_parsed_to_its_own_type(spec: FieldSpec, value: object, parsed: object) -> None:
    result = spec.parse(value)
    assert result == parsed
    assert type(result) is type(parsed)


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        *((WHOLE, bad) for bad in (0, 1_000_001, True, 1.0, 1.5, "1", None, [1], {}, NAN, INFINITY, HUGE)),
        *((PAIR, bad) for bad in (-1, 10, True, 1.0, [], [1], [1, 2, 3], [1, True], [1, 10], "12", {}, None)),
        *((REAL, bad) for bad in (0, 0.0, -0.0, 1.1, True, "0.5", None, NAN, INFINITY, -INFINITY, HUGE, [1])),
        *((ANY_REAL, bad) for bad in (NAN, INFINITY, -INFINITY, HUGE, -HUGE, None, False)),
        *((OPTIONAL, bad) for bad in (1, 1.0, -0.1, "null", False)),
        *((FLAG, bad) for bad in (0, 1, "true", None, [])),
        *((CHOICE, bad) for bad in ("Maximum", "MAX", "", 0, None, ["max"], {"max": 1})),
        *((TEXT, bad) for bad in ("a\nb", "a\0b", "\x1b[31m", "\ud800", "\u2028", 1, None, ["a"])),
        *(
            (RISING, bad)
            for bad in (1, [1, 1], [2, 1], [-1], [101], [True], [1.0], ["1"], None, "12", {1: 2})
        ),
    ],
)
def test_a_value_that_does_not_fit_is_a_value_error(spec: FieldSpec, value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the reader forms the message from `expected`
        spec.parse(value)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (WHOLE, "a whole number from 1 to 1000000"),
        (PAIR, "a whole number from 0 to 9, or [height, width] of two"),
        (REAL, "a number from 0 to 1 (0 left out)"),
        (ANY_REAL, "a number"),
        (RealSpec(minimum=0.0, **WORDS), "a number of at least 0"),
        (RealSpec(maximum=2.5, **WORDS), "a number of at most 2.5"),
        (OPTIONAL, "a number from 0 to 1 (1 left out), or null for the network's own"),
        (FLAG, "true or false"),
        (CHOICE, 'one of "max", "avg"'),
        (TEXT, "a line of text"),
        (RISING, "a list of rising whole numbers from 0 to 100"),
    ],
)
def test_expected_tells_the_type_and_the_range_with_all_digits(spec: FieldSpec, words: str) -> None:
    assert spec.expected == words


@pytest.mark.parametrize(("spec", "default"), ALL_FIELDS)
def test_the_default_of_every_field_is_a_value_that_its_file_form_gives_back(
    spec: FieldSpec, default: object
) -> None:
    assert spec.parse(spec.dump(default)) == default


@pytest.mark.parametrize(("spec", "default"), ALL_FIELDS)
def test_every_field_has_words_for_people(spec: FieldSpec, default: object) -> None:
    assert spec.title[0].isupper()
    assert spec.help.endswith(".")
    assert spec.expected


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 103)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0.0, 1.0, 0.5, "max", "avg"])
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=4),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from(SPECS), JSON_VALUES)
def test_every_value_that_is_taken_comes_back_from_the_file_form_and_fits_the_schema(
    spec: FieldSpec, value: object
) -> None:
    """And the schema refuses what is refused, but for what JSON schema cannot tell."""
    fits_schema = jsonschema.Draft202012Validator(spec.json_schema()).is_valid(value)
    try:
        parsed = spec.parse(value)
    except ValueError:
        assert not fits_schema or _beyond_schema(spec, value)
    else:
        assert fits_schema
        assert spec.parse(spec.dump(parsed)) == parsed


def _beyond_schema(spec: FieldSpec, value: object) -> bool:
    """JSON schema takes 1.0 for a whole number, knows no rising lists, and no bound of doubles."""
    numbers = value if isinstance(value, list) else [value]
    is_not_rising = spec is RISING and numbers != sorted(numbers)
    return is_not_rising or any(
        isinstance(n, float) or (isinstance(n, int) and abs(n) > 10**300) for n in numbers
    )


def test_fields_are_listed_group_after_group_and_in_their_order_within_a_group() -> None:
    conv = next(layer for layer in LAYERS if layer.kind == "conv")
    assert list(conv.specs()) == [
        "filters",
        "size",
        "stride",
        "padding",
        "groups",
        "dilation",
        "shared_biases",
        "neuron",
        "initial",
        "deviation",
        "bias",
        "rate",
        "bias_rate",
        "momentum",
        "decay",
        "frozen",
        "least_norm",
        "most_norm",
        "centred_norm",
        "weights_of",
    ]
