import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from earmark.call.messages import Close
from earmark.call.wire import Key, Message, decode, encode


class Sample(Message):
    key: Key


@given(st.binary(max_size=100))
def test_binary_comes_back_as_it_was(value: bytes) -> None:
    assert decode(encode(value)) == value
    assert not set(encode(value)) & set("+/=")


@given(st.text(alphabet="AQgwBx-_", max_size=9))
def test_bytes_have_one_form(text: str) -> None:
    try:
        assert encode(decode(text)) == text
    except ValueError:
        assert len(text) % 4  # a whole number of groups of four is always the form of something


@pytest.mark.parametrize("text", ["=", "AA==", "A", "A+", "A/", "A\n", "Aé", " AA"])
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        decode(text)


def test_messages_hold_binary_as_text() -> None:
    sample = Sample(key=bytes(32))
    assert Sample.model_validate_json(sample.model_dump_json()) == sample
    assert sample.model_dump_json() == '{"key":"' + "A" * 43 + '"}'


@pytest.mark.parametrize("json", ['{"key":"AA"}', '{"key":1}', "{}", '{"key":"' + "A" * 43 + '","more":1}'])
def test_what_is_not_asked_for_is_refused(json: str) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate_json(json)


def test_messages_do_not_change() -> None:
    with pytest.raises(ValidationError):
        setattr(Close(stream=1), "stream", 2)  # noqa: B010 - typed so that it cannot be written
