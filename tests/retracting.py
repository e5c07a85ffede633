"""A client that heeds retractions."""


def carried_out(text, retractions, lane=""):
    """`text` of a lane without what was taken back of it; retractions in any order."""
    mine = sorted((r for r in retractions if r[0] == lane), key=lambda r: r[1], reverse=True)
    for _, start, end, in_place in mine:
        text = text[:start] + in_place + text[end:]
    return text


def asides(documents):
    """What Shield says of itself in the documents of a stream."""
    return [d["shield"] for d in documents if isinstance(d, dict) and "shield" in d]


def retracted(documents):
    """The retractions of a stream, as tuples."""
    return [
        (r["text"], r["start"], r["end"], r["in_place"])
        for aside in asides(documents)
        for r in aside.get("retract", ())
    ]
