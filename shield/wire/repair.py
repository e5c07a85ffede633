"""JSON that a model has nearly written: fences, trailing commas, single quotes, a missing end.

What comes out is another text than what was judged, and has to be judged itself.
"""

import json

_MOST = 65_536  # characters


def repaired(text: str) -> str:
    """The JSON object or array that a text was meant to be; empty where it is none, is too long, or
    can be read already (what is wrong with it then is no slip of the pen). Needs the extra `forms`.
    """
    from json_repair import repair_json

    if len(text) > _MOST or _is_json(text):
        return ""
    try:
        made = repair_json(text, skip_json_loads=True, ensure_ascii=False)
    except (RecursionError, ValueError):
        return ""
    is_whole = isinstance(made, str) and made.startswith(("{", "[")) and made not in {"{}", "[]"}
    return made if is_whole else ""


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
