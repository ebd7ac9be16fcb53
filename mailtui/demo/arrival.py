"""How messages come to be: new ones, and the queue that the demo starts with."""

from collections.abc import Iterator
from random import Random

from backends.queue.message import NULL_SENDER
from mailtui.demo import population
from mailtui.demo.mail import Mail, schedule
from mailtui.demo.trouble import DELIVERS, HOSTILE, HOUR, OUTAGE, OUTAGE_AGE, TROUBLES, Trouble

MANY = 250
ARRIVAL_RATE = 0.8  # messages a second
FIRST_INODE = 0x166135
HOSTILE_NUMBER, MANY_NUMBER = 0, 1
HOSTILE_SENDER = '"\x1b[2J\x1b[31m[bold]prize[/bold]\u202e[@click=app.quit]"@lottery.example'
HOSTILE_RECIPIENT = "[link=https://lottery.example/]winner[/link]@lottery.example"


def queue_id(number: int, rng: Random) -> str:
    """A short queue ID: microseconds, then the inode number, which tells messages apart."""
    return f"{int(rng.random() * 1000000):05X}{FIRST_INODE + number:X}"


def new_mail(number: int, trouble: Trouble, arrival: int, rng: Random) -> Mail:
    """A message that is about to come in."""
    chance, domains, people = rng.random, trouble.domains, population.PEOPLE
    domain = domains[int(chance() * len(domains))]
    recipients: tuple[str, ...] = (f"{people[int(chance() * len(people))]}@{domain}",)
    crowd = chance()
    if crowd > 0.88:
        more = {f"{population.person(rng)}@{domain}" for _ in range(2 if crowd < 0.96 else 6)}
        recipients += tuple(sorted(more.difference(recipients)))
    outside = trouble.inbound or domain == population.HOME
    return Mail(
        number,
        "incoming",
        queue_id(number, rng),
        arrival,
        _size(rng),
        population.outside_sender(rng) if outside else population.local_sender(rng),
        recipients,
        trouble,
        due=arrival + 1,
    )


def starting_queue(seed: int, count: int, start: int) -> Iterator[Mail]:
    """A busy evening's queue at `start` (epoch seconds), from seconds to four days old."""
    rng = Random(seed)  # noqa: S311 - has to repeat
    hold, active, incoming = -(-count // 80), min(count // 30, 400), min(count // 150, 20)
    troubles = rng.choices(TROUBLES, [trouble.share for trouble in TROUBLES], k=count)
    for number, trouble in enumerate(troubles):
        mail = new_mail(number, trouble, start, rng)
        age = 4 + int(trouble.oldest * _spread(trouble, rng))
        if number in {HOSTILE_NUMBER, MANY_NUMBER}:
            _make_special(mail, rng)
            age = OUTAGE_AGE - 120 * (number + 1)
        elif trouble.oldest > OUTAGE_AGE and rng.random() < 0.12:
            mail.sender = NULL_SENDER
            mail.recipients = mail.recipients[:1]
        mail.arrival = start - age
        place = count - number
        if place <= incoming:
            mail.arrival, mail.due = start, start + 1
        elif place <= incoming + active:
            _delivering(mail, trouble, start, rng)
        else:
            _defer(mail, start, age, rng)
            if place <= incoming + active + hold:
                mail.queue = "hold"
                mail.failure = mail.failure if rng.random() < 0.5 else None
        yield mail


def next_arrival(number: int, rng: Random, now: float) -> tuple[Mail, float]:
    """The message that arrives now (epoch seconds), and when the one after it does."""
    kinds = (DELIVERS, *TROUBLES)
    [trouble] = rng.choices(kinds, [kind.arriving for kind in kinds])
    return new_mail(number, trouble, int(now), rng), now + rng.expovariate(ARRIVAL_RATE)


def _delivering(mail: Mail, trouble: Trouble, start: int, rng: Random) -> None:
    """Being tried just now; half of them for the first time."""
    mail.queue, mail.attempts = "active", 1
    mail.due = start + 1 + int(rng.random() * trouble.seconds * 2)
    if rng.random() < 0.5:
        mail.arrival = start - int(rng.random() * 5)


def _defer(mail: Mail, start: int, age: int, rng: Random) -> None:
    mail.queue = "deferred"
    mail.attempts, wait = schedule(age)
    mail.due = start + wait
    mail.failure = int(rng.random() * 4294967296)


def _make_special(mail: Mail, rng: Random) -> None:
    """The two messages that every demo queue begins with: a hostile one, and one with many recipients."""
    if mail.number == HOSTILE_NUMBER:
        mail.trouble = HOSTILE
        mail.sender, mail.recipients = HOSTILE_SENDER, (HOSTILE_RECIPIENT,)
        mail.size = 24_000
    else:
        mail.trouble = OUTAGE
        mail.sender = f"news@{population.HOME}"
        people = rng.sample(population.PEOPLE, MANY)
        mail.recipients = tuple(f"{person}@gmail.example" for person in people)


def _spread(trouble: Trouble, rng: Random) -> float:
    """Where in a trouble's time a message arrived, from 0 (now) to 1; older mail is rarer where it drags on."""
    return rng.random() if trouble.oldest <= 5 * HOUR else rng.random() ** 2


def _size(rng: Random) -> int:
    """Bytes: most a few thousand, a few over a million."""
    return int(1900 / (1 - 0.9995 * rng.random()) ** 0.9)
