"""Every error says what to do, and what the command line exits with."""

import pytest

from backends import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.BackendError, 1),
        (errors.Failed, 1),
        (errors.ParseFailed, 1),
        (errors.NoSpace, 1),
        (errors.BadRequest, 2),
        (errors.Missing, 3),
        (errors.NotAnswering, 3),
        (errors.NotPermitted, 3),
        (errors.Refused, 5),
    ],
)
def test_exit_codes(kind: type[errors.BackendError], code: int) -> None:
    error = kind("it failed", hint="mend it")
    assert (str(error), error.hint, error.exit_code) == ("it failed", "mend it", code)
    assert error.title


def test_an_error_needs_a_hint() -> None:
    with pytest.raises(TypeError):
        errors.Failed("it failed")  # type: ignore[call-arg]


def test_titles_differ() -> None:
    kinds = errors.BackendError.__subclasses__()
    assert len({kind.title for kind in kinds}) == len(kinds)
