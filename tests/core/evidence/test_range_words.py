from canary_operator.api.evidence import Streak
from canary_operator.core.evidence.range_words import harm_in_numbers, of_numbers
from canary_operator.core.evidence.terms import Judged, Range

LIMITS = Range(lowest=10, highest=800, failures=3, unit="Mi")
MEMORY = Judged("memory", (), range=LIMITS)


def test_harm_names_the_numbers_the_limits_and_how_long() -> None:
    assert harm_in_numbers(Streak(key="memory", outside=3, canary=912.34, baseline=500), LIMITS) == (
        "memory is outside its limits: 912.3Mi in the canary and 500Mi in the baseline;"
        " allowed is at least 10Mi and at most 800Mi; 3 looks in a row."
    )
    assert harm_in_numbers(Streak(key="memory", outside=1, canary=9), LIMITS).endswith("; 1 look.")


def test_without_harm_it_is_said_how_near_it_is() -> None:
    """Also where no number came yet, or none is asked for."""
    assert of_numbers(MEMORY, Streak(key="memory", outside=1, canary=900)) == (
        "memory: 900Mi in the canary; allowed is at least 10Mi and at most 800Mi; 1 of 3 looks in a row outside"
    )
    assert ": no number yet; " in of_numbers(MEMORY, None)
    assert of_numbers(Judged("memory", ()), None) == "memory: no number is asked for"
