"""Ends a run that failed: one line of error, one of hint, and the exit code."""

import errno
import json
import sys
import traceback
from collections.abc import Sequence
from typing import Final

import click

from securedoc import errors
from securedoc.cli.context import Context
from securedoc.cli.language import _
from securedoc.cli.signals import Terminated
from securedoc.core.jsonvalue import JsonObject
from securedoc.system.terminal import visible

BUG: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
SIGNALLED: Final = 128


def end(error: BaseException, context: Context) -> int:
    """Tell the person what happened and return the exit code."""
    if isinstance(error, click.UsageError):
        return _end_usage(error, context)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _end_plain(INTERRUPTED, "interrupted", _("interrupted; nothing was left half done"), context)
    if isinstance(error, Terminated):
        code = SIGNALLED + error.number
        return _end_plain(code, "interrupted", _("told to stop; nothing was left half done"), context)
    if context.debug:
        traceback.print_exception(error, file=sys.stderr)
    known = _known(error, everything=context.verbose)
    if known:
        return _end_known(known, context)
    hint = _("run the same command with --debug and give the trace to the developers, once you have read it")
    name = type(error).__name__
    return _end_plain(BUG, "bug", _("this is a bug: {name}").format(name=name), context, hint)


def _known(error: BaseException, *, everything: bool) -> list[errors.SecuredocError]:
    """Return the failures a person can act on, the one that decides first; empty when it is a bug."""
    if isinstance(error, BaseExceptionGroup):
        parts = [_known(part, everything=everything) for part in error.exceptions]
        # A bug among them is a bug, whatever else went wrong.
        return _worst_first([one for part in parts for one in part]) if all(parts) else []
    if isinstance(error, errors.SecuredocError):
        cause = error.__cause__
        # Where plaintext remains, what went wrong before the cleanup matters as much. Elsewhere the cause is
        # only how the failure was noticed: a wrong passphrase is noticed by a key that does not unwrap.
        # `--verbose` tells that too.
        told = everything or isinstance(error, errors.ScratchError)
        if told and isinstance(cause, errors.SecuredocError):
            return [error, *_known(cause, everything=everything)]
        return [error]
    if isinstance(error, OSError | MemoryError):
        return [_of_system(error)]
    return []


def _worst_first(found: list[errors.SecuredocError]) -> list[errors.SecuredocError]:
    first = errors.worst(found)
    return [first, *(one for one in found if one is not first)]


def _of_system(error: OSError | MemoryError) -> errors.SecuredocError:
    if isinstance(error, MemoryError):
        return errors.HostFailed("the machine has no memory left", hint="close other programs and try again")
    if error.errno == errno.ENOSPC:
        return errors.HostFailed("no space is left on the disk", hint="free some space and try again")
    if error.errno == errno.EROFS:
        return errors.HostFailed(
            "the disk is read-only", hint="check the write protection, then mount it again"
        )
    # The file's name without its directories: a home path does not belong in a message.
    name = str(error.filename or "").rpartition("/")[2]
    reason = error.strerror or type(error).__name__
    if not name:
        return errors.HostFailed("the system refused: {reason}", reason=reason)
    return errors.HostFailed("the system refused: {name}: {reason}", name=name, reason=reason)


def _end_known(found: Sequence[errors.SecuredocError], context: Context) -> int:
    first, *others = (_as_object(error, context) for error in found)
    if context.json:
        _say_json({**first, "also": others} if others else first)
    else:
        for error in (first, *others):
            _say(error)
    return found[0].exit_code


def _as_object(error: errors.SecuredocError, context: Context) -> JsonObject:
    return {
        "code": error.exit_code,
        "where": error.where,
        "what": error.what,
        "message": error.message(context.translate),
        "hint": error.hint(context.translate),
    }


def _end_usage(error: click.UsageError, context: Context) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    hint = None
    if error.ctx is not None:
        hint = _("Try '{command} {option}' for help.").format(command=error.ctx.command_path, option="--help")
        if not context.json:
            click.echo(error.ctx.get_usage(), err=True)
    # Our own commands raise usage errors in English; click's are translated already and pass unchanged.
    return _end_plain(USAGE, "usage", _(error.format_message()), context, hint)


def _end_plain(code: int, what: str, text: str, context: Context, hint: str | None = None) -> int:
    error: JsonObject = {"code": code, "where": "", "what": what, "message": text, "hint": hint}
    if context.json:
        _say_json(error)
    else:
        _say(error)
    return code


def _say(error: JsonObject) -> None:
    line = _("error[{code}]: {message}").format(code=error["code"], message=error["message"])
    click.echo(f"securedoc: {visible(line)}", err=True)
    if error["hint"]:
        line = _("hint: {hint}").format(hint=error["hint"])
        click.echo(f"securedoc: {visible(line)}", err=True)


def _say_json(error: JsonObject) -> None:
    click.echo(json.dumps(error, ensure_ascii=False), err=True)
