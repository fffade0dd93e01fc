"""What decisions say, in English; the catalogues have every other language.

`_` marks a sentence for the catalogues and gives it back: it is said in the person's language when
the decision is kept.
"""

from __future__ import annotations

from typing import Final


def _(text: str) -> str:
    return text


NO_PAY_EFFECT: Final = _("None: everything that was earned is paid.")
GOLD_REASON: Final = _(
    "Your answer to task {task} differs from its known answer. Known answers show how sure we can "
    "be of answers, so this one counts a little against yours."
)
GOLD_OTHERWISE: Final = _(
    "With the known answer it would have counted for you. If the known answer is wrong or unclear, "
    "appeal: once it is overturned it counts for nobody."
)
GOLD_NOW_RIGHT: Final = _(
    "Your newest answer to task {task} meets its known answer, so decision {decision} does not "
    "count any more."
)
GOLD_OVERTURNED: Final = _(
    "The known answer to task {task} was overturned after an appeal. It counts for nobody any "
    "more, and decision {decision} is taken back."
)
LATE_REASON: Final = _(
    "Your answer to task {task} came after its time was over, and somebody else had taken its "
    "place. It is kept and paid, and is not used."
)
LATE_OTHERWISE: Final = _(
    "Sent before the time was over, or while a place was free, it would have been used."
)
MESSAGE_REASON: Final = _(
    "What you wrote (message {message}) was not taken into its conversation: {kept} of {of} "
    "reviewers would keep it. It is paid as always."
)
MESSAGE_OTHERWISE: Final = _(
    "Had {percent} percent of its reviewers kept it, it would be a part of the conversation. If "
    "they were wrong, appeal: somebody who was not among them decides."
)
RESTORED_OTHERWISE: Final = _("Otherwise decision {decision} would still hold.")
RESTORED_BY_APPEAL: Final = _(
    "Your appeal was upheld: decision {decision} is taken back, and what it did is undone."
)
RESTORED_BY_SILENCE: Final = _(
    "Nobody answered your appeal in time, so you are right: decision {decision} is taken back, and "
    "what it did is undone."
)
SUSPENSION_OVER: Final = _("The suspension of decision {decision} is over: you can work again.")
SUSPENDED_PAY: Final = _(
    "Everything that you have earned stays yours and is paid as always. You are offered no work "
    "meanwhile; if an appeal is upheld, what you lost is paid with interest."
)
BACK_PAY: Final = _("You get back pay of {money} for what you could not earn.")

NAMES: Final = (
    _("task"),
    _("annotation"),
    _("questions"),
    _("your answer"),
    _("known answer"),
    _("explanation"),
    _("evidence"),
    _("message"),
    _("reviewers"),
    _("reviewers who kept it"),
    _("what reviewers wrote"),
    _("decision"),
    _("appeal"),
    _("attempt"),
    _("course"),
    _("tasks"),
    _("verdict"),
    _("time"),
    _("differs from the known answer"),
    _("it was over, and every place was taken"),
    _("right answers"),
    _("right answers needed"),
    _("This decision gave something back to you, so there is nothing to appeal."),
    _("The time to appeal this decision is over. You can still write to the owner."),
    _(
        "You had {right} right answers of {of} in the exam of “{course}”; "
        "it takes {needed} to pass."
    ),
    _("It would have been passed with {needed} right answers of {of}; {right} were right."),
)
"""What is looked up by what is kept: names of inputs and weights, and others' sentences."""
