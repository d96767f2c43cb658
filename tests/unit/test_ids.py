"""The IDs that people read, type and mistype."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.common import ids

numbers = st.integers(min_value=0, max_value=200).map(lambda _: ids.new_error_ref())


def test_an_id_has_no_look_alike_letters_and_reads_back() -> None:
    for _ in range(300):
        ref = ids.new_account_ref()
        assert ref.startswith("MB-") and len(ref) == 12
        assert not set(ref[3:]) & set("ILOU")
        assert ids.read_account_ref(ref) == ref


@pytest.mark.parametrize(
    "change",
    [str.lower, lambda ref: ref.replace("-", ""), lambda ref: f" {ref} ", lambda ref: f"`{ref}`"],
)
def test_how_people_write_it_does_not_matter(change: object) -> None:
    ref = ids.new_error_ref()
    assert callable(change)
    assert ids.read_error_ref(change(ref)) == ref


def test_look_alike_letters_are_taken_for_their_digits() -> None:
    ref = next(r for r in iter(ids.new_error_ref, "") if "0" in r and "1" in r)
    assert ids.read_error_ref(ref.replace("0", "O").replace("1", "l")) == ref


@given(numbers, st.integers(min_value=3, max_value=11), st.sampled_from(ids.ALPHABET))
def test_every_single_slip_is_noticed(ref: str, place: int, wrong: str) -> None:
    if place == 7 or ref[place] == wrong:
        return
    with pytest.raises(ids.NotAnId) as error:
        ids.read_error_ref(ref[:place] + wrong + ref[place + 1 :])
    assert error.value.slip


@pytest.mark.parametrize(
    "text", ["", "sales@example.com", "MB-7Q3F-9K2D", "the error from yesterday"]
)
def test_what_is_no_error_id_is_refused(text: str) -> None:
    with pytest.raises(ids.NotAnId):
        ids.read_error_ref(text)
