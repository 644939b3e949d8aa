"""The types of a JSON value whose numbers are integers (RFC 8785 without its floats)."""

from collections.abc import Mapping, Sequence

JsonValue = str | int | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
JsonObject = Mapping[str, JsonValue]
