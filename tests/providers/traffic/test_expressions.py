import re
from fractions import Fraction

import pytest

from canary_operator.api.matches import CanaryBucket
from canary_operator.core.chosen import endings
from canary_operator.providers.traffic.expressions import expression, in_cookie

DECIMAL = CanaryBucket(header="x-user-id")
HEXADECIMAL = CanaryBucket(header="x-user-id", ids="Hexadecimal")
IDS = range(10_000)


def hundredths(number: int) -> str:
    return expression(DECIMAL, Fraction(number, 100))


@pytest.mark.parametrize("number", range(1, 100))
def test_a_decimal_bucket_is_exact(number: int) -> None:
    """Every N takes exactly the ids with id % 100 < N, with leading zeros or without."""
    fits = re.compile(hundredths(number)).fullmatch
    assert all(bool(fits(str(one))) == bool(fits(f"{one:06}")) == (one % 100 < number) for one in IDS)


@pytest.mark.parametrize("number", [1, 5, 10, 37, 99])
def test_a_bucket_in_a_cookie_is_exact(number: int) -> None:
    """Wherever the cookie stands, and whatever else has such an ending."""
    fits = re.compile(in_cookie("uid", hundredths(number))).fullmatch
    for one in range(500):
        wanted = one % 100 < number
        for header in (f"uid={one}", f"a=1; uid={one}", f"a=1;uid={one}; b=2", f"uid={one}; xuid=0; id=00"):
            assert bool(fits(header)) == wanted, header
    assert not any(fits(header) for header in ("", "xuid=0", "uid=", 'uid="0"', "uid=0x", "a=uid=0", "uid=-1"))


@pytest.mark.parametrize("number", range(1, 256))
def test_a_hexadecimal_bucket_is_exact(number: int) -> None:
    """In 256ths, in both cases, with the dashes of a UUID."""
    fits = re.compile(expression(HEXADECIMAL, Fraction(number, 256))).fullmatch
    for one in range(1024):
        wanted = one % 256 < number
        for written in (f"{one:x}", f"{one:X}", f"{one:08x}", f"c0ffee00-beef-{one:012x}"):
            assert bool(fits(written)) == wanted, written


@pytest.mark.parametrize("bucket", [DECIMAL, HEXADECIMAL])
def test_nobody_ever_goes_back(bucket: CanaryBucket) -> None:
    """Who is in a bucket is in every larger one."""
    every = endings(bucket, Fraction(1))[1]
    before: set[str] = set()
    for number in range(1, every):
        fits = re.compile(expression(bucket, Fraction(number, every))).fullmatch
        inside = {text for text in (f"{one:x}" for one in range(4096)) if fits(text)}
        assert before <= inside
        before = inside


@pytest.mark.parametrize("bucket", [DECIMAL, HEXADECIMAL])
def test_istio_takes_the_longest_expression(bucket: CanaryBucket) -> None:
    """Its limit is 1024 characters, with the cookie's name."""
    every = endings(bucket, Fraction(1))[1]
    longest = max(len(expression(bucket, Fraction(number, every))) for number in range(1, every))
    assert len(in_cookie("n" * 64, "x" * longest)) <= 1024


@pytest.mark.parametrize("text", ["", "abc", "1.5", " 5", "5 ", "+5", "0x05", "٣"])
def test_what_is_no_number_is_in_no_bucket(text: str) -> None:
    """Users without a number stay with stable."""
    assert not re.compile(hundredths(99)).fullmatch(text)
