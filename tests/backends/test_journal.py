"""The journal of commands."""

from backends.journal import Journal


def test_an_entry_runs_then_has_a_result() -> None:
    journal = Journal()
    entry = journal.begin("postsuper -d -", mutates=True)
    assert journal.entries()[0].code is None
    assert journal.entries()[0].seconds is None
    journal.end(entry, 0, "done")
    assert (journal.entries()[0].code, journal.entries()[0].said) == (0, "done")
    seconds = journal.entries()[0].seconds
    assert seconds is not None
    assert seconds >= 0


def test_reading_again_and_again_is_one_entry_that_counts() -> None:
    journal = Journal()
    for _ in range(3):
        journal.end(journal.begin("postqueue -j", mutates=False), 0, "")
        journal.end(journal.begin("postqueue -f", mutates=True), 0, "")
    assert [(e.command, e.times) for e in journal.entries()] == [
        ("postqueue -f", 1),
        ("postqueue -f", 1),
        ("postqueue -j", 3),
        ("postqueue -f", 1),
    ]


def test_a_failure_is_not_hidden_by_the_next_success() -> None:
    journal = Journal()
    journal.end(journal.begin("postqueue -j", mutates=False), 69, "mail system is down")
    journal.end(journal.begin("postqueue -j", mutates=False), 0, "")
    assert [e.code for e in journal.entries()] == [69, 0]


def test_a_failure_after_successes_is_one_failure() -> None:
    journal = Journal()
    for _ in range(3):
        journal.end(journal.begin("postqueue -j", mutates=False), 0, "")
    journal.end(journal.begin("postqueue -j", mutates=False), 69, "mail system is down")
    assert [(e.code, e.times) for e in journal.entries()] == [(0, 3), (69, 1)]


def test_what_was_done_without_a_program_is_noted() -> None:
    journal = Journal()
    journal.note("linked 3 queue files into the trash")
    assert [(e.command, e.code, e.mutates) for e in journal.entries()] == [
        ("linked 3 queue files into the trash", 0, True)
    ]


def test_two_at_once_are_two_entries() -> None:
    journal = Journal()
    journal.begin("postqueue -j", mutates=False)
    journal.begin("postqueue -j", mutates=False)
    assert len(journal.entries()) == 2


def test_the_oldest_go_first() -> None:
    journal = Journal(limit=3)
    for number in range(5):
        journal.end(journal.begin(f"command {number}", mutates=True), 0, "")
    assert [e.command for e in journal.entries()] == ["command 2", "command 3", "command 4"]
    assert [e.number for e in journal.entries()] == [3, 4, 5]


def test_entries_are_copies() -> None:
    journal = Journal()
    entry = journal.begin("a", mutates=True)
    seen = journal.entries()[0]
    journal.end(entry, 1, "x")
    assert seen.code is None
