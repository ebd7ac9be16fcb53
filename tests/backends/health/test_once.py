"""What is read once for several questions."""

from backends.health.local import _Once


def test_what_is_forgotten_while_it_is_read_is_read_again() -> None:
    answers = iter(["as before", "as it is", "never asked"])

    def read() -> str:
        answer = next(answers)
        if answer == "as before":
            once.forget()  # a file has changed meanwhile
        return answer

    once = _Once(read, 900.0)
    assert [once.get() for _ in range(3)] == ["as before", "as it is", "as it is"]
