"""Collects every sentence the program says, and keeps its Vietnamese in a gettext catalogue."""

import ast
import inspect
import re
import string
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc import errors

REPOSITORY: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = REPOSITORY / "securedoc"
CATALOGUE: Final = PACKAGE / "locale" / "vi" / "LC_MESSAGES" / "securedoc.po"
ERRORS: Final = frozenset(
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.SecuredocError)
)
SPEAKERS: Final = frozenset({"message", "Message", "_", "leaf", "branch"})
"""Functions whose first argument is a sentence, as an error's is."""
WORDS: Final = frozenset(
    {
        *("Act", "Certainty", "Cleaning", "CopyState", "DefectKind", "DocumentState", "Incident"),
        *(
            "Judgement",
            "MediumKind",
            "MediumState",
            "Nature",
            "Recognised",
            "Right",
            "Role",
            "Severity",
            "Sign",
        ),
        *("State", "Step", "TraceState", "Unlooked"),
    }
)
"""Enums whose values people read, in tables and as facts of a sentence."""
FIELD_OF_PRINTF: Final = re.compile(r"%\(\w+\)s")

# What click itself says to our users; its words are found in the same catalogue.
CLICK: Final = (
    "Aborted!",
    "Commands",
    "Could not open file {filename!r}: {message}",
    "Error: {message}",
    "Example",
    "Invalid value for {param_hint}: {message}",
    "Invalid value: {message}",
    "Missing argument",
    "Missing command.",
    "Missing option",
    "Missing parameter",
    "Missing {param_type}",
    "No such command {name!r}.",
    "No such option {name!r}.",
    "Option {name!r} does not take a value.",
    "Options",
    "Positional arguments",
    "Show the version and exit.",
    "Show this message and exit.",
    "Try '{command} {option}' for help.",
    "Usage:",
    "default: {default}",
    "env var: {var}",
    "required",
    "unknown error",
    "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.",
)
CLICK_PLURAL: Final = (
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence and the files that say it."""

    english: str
    files: tuple[str, ...]
    plural: str | None = None


def collect(package: Path = PACKAGE) -> dict[str, Sentence]:
    """Return every sentence of the package and of click, by its English."""
    found: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package.parent).as_posix()
        for english in sentences(ast.parse(path.read_text("utf-8"))):
            if isinstance(english, str):
                found.setdefault(english, set()).add(name)
    ours = {english: Sentence(english, tuple(sorted(files))) for english, files in found.items()}
    click = {english: Sentence(english, ("click",)) for english in CLICK}
    plurals = {one: Sentence(one, ("click",), many) for one, many in CLICK_PLURAL}
    return {**click, **plurals, **ours}


def sentences(tree: ast.Module) -> Iterator[str | int]:
    """Yield the sentences that one module says, and the lines where one is put together at run time."""
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for expression in _spoken(node):
                yield from _literals(expression, constants)
        elif isinstance(node, ast.FunctionDef) and any(map(_is_command, node.decorator_list)):
            yield inspect.cleandoc(ast.get_docstring(node) or "")
        elif isinstance(node, ast.ClassDef) and node.name in WORDS:
            yield from _words(node)


def _words(enum: ast.ClassDef) -> Iterator[str]:
    for item in enum.body:
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
            yield str(item.value.value)


def _spoken(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments of a call that are sentences."""
    called = _called(call)
    of_module = isinstance(call.func, ast.Attribute)
    if call.args and (called in ERRORS | {"UsageError"} or (called in SPEAKERS and not of_module)):
        yield call.args[0]
    for keyword in call.keywords:
        if (keyword.arg == "hint" and called in ERRORS) or (
            keyword.arg == "help" and called in {"option", "argument", "Option", "Argument"}
        ):
            yield keyword.value


def _literals(expression: ast.expr, constants: Mapping[str, str]) -> Iterator[str | int]:
    match expression:
        case ast.Constant(value=str() as english):
            yield english
        case ast.Constant(value=None):
            return
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body, constants)
            yield from _literals(orelse, constants)
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.Attribute(attr="template" | "hint_template"):
            return  # handed on from a Message or an error, whose own sentence was collected
        case _:
            yield expression.lineno


def _constants(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            found[target.id] = value.value
    return found


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_command(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and _called(decorator) in {"command", "group"}


def fields(template: str) -> frozenset[str]:
    """Return the `{fields}` and `%(fields)s` of a template."""
    formatted = frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)
    return formatted | frozenset(FIELD_OF_PRINTF.findall(template))


def read(text: str) -> tuple[str, dict[str, str]]:
    """Return a catalogue's opening (comments and header) and its translations by their English."""
    opening, *entries = re.split(r"\n\n+", text.strip())
    translations: dict[str, str] = {}
    for entry in entries:
        spoken = _entry(entry)
        if spoken is not None:
            translations[spoken[0]] = spoken[1]
    return opening, translations


def _entry(text: str) -> tuple[str, str] | None:
    parts: dict[str, str] = {}
    current = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        keyword, _, rest = line.partition(" ")
        if not line.startswith('"'):
            current = keyword
        parts[current] = parts.get(current, "") + _unquoted(line if line.startswith('"') else rest)
    if "msgid" not in parts:
        return None
    return parts["msgid"], parts.get("msgstr", parts.get("msgstr[0]", ""))


def write(opening: str, collected: Mapping[str, Sentence], translations: Mapping[str, str]) -> str:
    """Return the catalogue's text: sentences in order of the files that say them."""
    ordered = sorted(collected.values(), key=lambda sentence: (sentence.files[0], sentence.english))
    return (
        "\n\n".join([opening, *(_written(one, translations.get(one.english, "")) for one in ordered)]) + "\n"
    )


def _written(sentence: Sentence, vietnamese: str) -> str:
    lines = [f"#: {name}" for name in sentence.files]
    if fields(sentence.english):
        lines.append("#, python-brace-format")
    lines.append(f"msgid {_quoted(sentence.english)}")
    if sentence.plural is None:
        lines.append(f"msgstr {_quoted(vietnamese)}")
    else:
        lines += [f"msgid_plural {_quoted(sentence.plural)}", f"msgstr[0] {_quoted(vietnamese)}"]
    return "\n".join(lines)


_ESCAPES: Final = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t"))


def _quoted(text: str) -> str:
    if "\n" in text:
        return '""\n' + "\n".join(_quoted_line(line) for line in text.splitlines(keepends=True))
    return _quoted_line(text)


def _quoted_line(text: str) -> str:
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return f'"{text}"'


def _unquoted(text: str) -> str:
    quoted = text.strip()
    if len(quoted) < len('""') or quoted[0] != '"' or quoted[-1] != '"':
        raise ValueError("not a quoted string: " + text)
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), quoted[1:-1])


def compiled(opening: str, translations: Mapping[str, str]) -> bytes:
    """Return the binary catalogue that gettext reads: two tables of (length, offset), then the strings."""
    header = _entry(opening)
    plurals = dict(CLICK_PLURAL)
    pairs = {b"": (header[1] if header else "").encode()}
    for english, vietnamese in translations.items():
        if vietnamese:
            key = f"{english}\0{plurals[english]}" if english in plurals else english
            pairs[key.encode()] = vietnamese.encode()
    keys = sorted(pairs)
    start = struct.calcsize("<7I") + len(keys) * 2 * struct.calcsize("<2I")
    offset, strings, tables = start, b"", b""
    for texts in (keys, [pairs[key] for key in keys]):
        for text in texts:
            tables += struct.pack("<2I", len(text), offset)
            strings += text + b"\0"
            offset += len(text) + 1
    of_translations = struct.calcsize("<7I") + len(keys) * struct.calcsize("<2I")
    head = struct.pack("<7I", 0x950412DE, 0, len(keys), struct.calcsize("<7I"), of_translations, 0, 0)
    return head + tables + strings


def of_click(translations: Mapping[str, str]) -> dict[str, str]:
    """Return what click itself says, for the small catalogue that it reads."""
    said = {*CLICK, *dict(CLICK_PLURAL)}
    return {english: vietnamese for english, vietnamese in translations.items() if english in said}


def untranslated(collected: Mapping[str, Sentence], translations: Mapping[str, str]) -> list[str]:
    """Return what is missing or has lost a field, one line each."""
    lines = []
    for english, sentence in collected.items():
        vietnamese = translations.get(english, "")
        if not vietnamese:
            lines.append(f"{sentence.files[0]}: not translated: {english!r}")
        elif fields(vietnamese) - fields(english) - fields(sentence.plural or "") or (
            sentence.plural is None and fields(english) != fields(vietnamese)
        ):
            lines.append(f"{sentence.files[0]}: other fields in the translation of {english!r}")
    return lines
