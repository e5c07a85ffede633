"""A batch into the text of `SOURCES.toml`, with everything else as it was."""

from datetime import UTC, datetime

import regex

_TABLE = regex.compile(r"\s*\[")


def listed(text: str, name: str, files: str, split: str) -> str:
    """The text with the batch at the end of `[batches]`; a table of that name where there is none."""
    today = datetime.now(UTC).date().isoformat()
    own = f'{name} = {{ files = "{files}", split = "{split}", written = {today}, blind = false }}'
    lines = text.splitlines()
    try:
        start = next(n for n, line in enumerate(lines) if line.strip() == "[batches]")
    except StopIteration:
        return "\n".join([*lines, "", "[batches]", own, ""])
    later = range(start + 1, len(lines))
    end = next((n for n in later if _TABLE.match(lines[n])), len(lines))
    while end > start + 1 and _is_bare(lines[end - 1]):
        end -= 1
    return "\n".join([*lines[:end], own, *lines[end:], ""])


def _is_bare(line: str) -> bool:
    """A blank or a comment, which belongs to what follows."""
    return not line.strip() or line.lstrip().startswith("#")
