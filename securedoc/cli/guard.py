"""The `guard` commands: whether this machine is fit for secrets."""

from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Table
from securedoc.core.findings import State
from securedoc.core.officetime import day_of
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.audit.guard import GuardReport
    from securedoc.policy.policy import Policy

LEVELS: tuple[Message, ...] = (
    message("air gap 0: there is no network hardware"),
    message("air gap 1: there is network hardware that nothing drives"),
    message("air gap 2: the network is switched off and was never set up"),
    message("air gap 3: the network is merely unplugged now"),
)


@command("check", example=("securedoc guard check", "securedoc --as chi guard check --record"))
@click.option(
    "--policy", "pack", metavar="PACK", help="The policy pack to judge by; by default the one in force."
)
@click.option("--record", is_flag=True, help="Enter the result in the ledger, signed by the officer.")
@pass_context
def check_command(context: Context, pack: str | None, record: bool) -> None:
    """Look at this machine: network, disks, memory, printing, clock; and judge it by the policy.

    Ends with code 82 when the policy says that secrets must not be on such a machine. An ordinary
    machine with a network card is unfit; a vault made with `init --training` works on it all the same.
    """
    from securedoc.audit import guard

    report = guard.look(_policy(context, pack))
    entry = None
    if record:
        with context.app.open() as office:
            entry = guard.record(office, report)
    context.show(
        {"fit": report.fit, "level": report.level, "entry": entry, "findings": list(report.findings)},
        *_lines(context, report),
    )
    report.check()


def _policy(context: Context, pack: str | None) -> "Policy":
    from securedoc.office import card
    from securedoc.policy import packs
    from securedoc.policy.policy import in_force

    if pack is not None:
        return packs.pack(pack)
    if context.vault is not None and context.app.has_vault():
        # By name only: what a vault that is not opened says of itself is not proven.
        return packs.pack(card.read(context.app.place()).policy_pack)
    today = day_of(context.clock.now())
    return in_force(today, [packs.pack(name) for name in packs.available()])


def _lines(context: Context, report: "GuardReport") -> list[Line]:
    words = {
        State.FAIL: message("fails"),
        State.UNKNOWN: message("cannot tell"),
        State.PASS: message("holds"),
    }
    shown = [finding for finding in report.findings if context.verbose or finding.state is not State.PASS]
    rows = [
        (finding.check, words[finding.state], finding.severity, finding.detail, finding.fix)
        for finding in shown
    ]
    columns = (message("check"), message("result"), message("weight"), message("what"), message("what to do"))
    states = [finding.state for finding in report.findings]
    return [
        Table(columns, rows),
        message(
            "{failed} checks fail, {unknown} could not be made, {passed} hold",
            failed=states.count(State.FAIL),
            unknown=states.count(State.UNKNOWN),
            passed=states.count(State.PASS),
        ),
        message("this machine is connected to a network, or nobody can tell")
        if report.level is None
        else LEVELS[report.level],
        message("the policy lets this machine hold secrets")
        if report.fit
        else message("the policy forbids secrets on this machine; a training vault works here"),
    ]
