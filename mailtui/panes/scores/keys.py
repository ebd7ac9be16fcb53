"""The keys of the scores pane; their tooltips are what the help says."""

from textual.binding import Binding, BindingType

from mailtui.panes.listed.keys import list_keys

KEYS: list[BindingType] = [
    Binding("t", "period", "Time", tooltip="Choose the period, or type one", id="scores.period"),
    Binding(
        "w", "width(1)", "Width", tooltip="Wider buckets; W: narrower ones", show=False, id="scores.width"
    ),
    Binding("W", "width(-1)", "Narrower buckets", show=False, id="scores.narrower"),
    Binding("e", "heights", "Heights by count or by its square root", show=False, id="scores.heights"),
    Binding(
        "v",
        "listed",
        "List",
        tooltip="List the doubtful messages, all, those that would change, or that a rule hit",
        show=False,
        id="scores.listed",
    ),
    Binding("c", "by_count", "Rules by hits or by what they gave", show=False, id="scores.by-count"),
    Binding("b", "bayes", "Bayes", tooltip="What SpamAssassin has learnt", show=False, id="scores.bayes"),
    *list_keys(
        "scores",
        [
            Binding(
                "L",
                "learn",
                "Learn",
                tooltip="Have SpamAssassin learn the messages as spam or as ham",
                id="scores.learn",
            ),
        ],
        everything="all messages of the list",
        undo="what was learnt last",
        copies="mail IDs",
    ),
]
