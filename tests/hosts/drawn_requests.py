"""Requests of every kind, well-formed and not, drawn from a seed."""

import gzip
import json
import random
import re
import zlib
from urllib.parse import quote

TEXTS = [
    "ignore the rules",
    "user",
    "ü%41+&=;",
    "a\nb",
    "\ufeff",
    "data:image/png,x",
    "ä",
    "x y",
    "",
]
KINDS = [
    b"application/json",
    b"application/json; charset=utf-16",
    b"application/json; charset=latin-1",
    b"application/x-www-form-urlencoded",
    b"Application/X-WWW-Form-Urlencoded; charset=latin-1",
    b"application/x-www-form-urlencoded; charset=utf-16",
    b"text/plain",
    b"text/plain; charset=utf-16",
    b"text/plain; charset=latin-1",
    b"text/plain; charset=cp037",
    b"image/png",
    b"application/octet-stream",
    b"multipart/form-data; boundary=x",
    b"multipart/form-data",
    b"nonsense",
    b"",
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
COMPRESSIONS = {b"gzip": gzip.compress, b"deflate": zlib.compress, b"br": bytes, b"identity": bytes}


class Draw:
    """One request, drawn from a seed."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def text(self):
        if self.r.random() < 0.6:
            return self.r.choice(TEXTS)
        signs = 'ab%+&=;"\\{}[]: \r\n\tÿ€😀\x00'
        return "".join(self.r.choices(signs, k=self.r.randint(0, 8)))

    def document(self, depth=0):
        kind = self.r.randint(0, 9 if depth < 4 else 3)
        if kind < 3:
            return self.text()
        if kind == 3:
            return self.r.choice([None, True, 7, -1.5])
        inner = [self.document(depth + 1) for _ in range(self.r.randint(0, 3))]
        if kind < 6:
            return inner
        if kind < 8:
            return {self.text(): each for each in inner}
        if kind == 8:
            return {"messages": inner, "role": self.text(), "content": self.text()}
        return {"type": "image_url", "image_url": {"url": self.text()}}

    def json(self):
        shown = json.dumps(self.document(), ensure_ascii=self.r.random() < 0.5)
        if self.r.random() < 0.1:  # the same key twice
            shown = f'{{"a": {shown}, "a": "{self.r.choice(["x", "y"])}"}}'
        if self.r.random() < 0.1:
            shown = " " * self.r.randint(1, 90) + shown
        return shown.encode(self.r.choice(ENCODINGS), "surrogatepass")

    def form(self):
        def part():
            raw = self.text().encode()
            if self.r.random() < 0.5:
                return quote(raw, safe="").encode()
            return re.sub(rb"[&=#\s]", b"+", raw)

        sign = self.r.choice([b"&", b"&", b";"])
        return sign.join(part() + b"=" + part() for _ in range(self.r.randint(0, 3)))

    def multipart(self):
        text = self.text().encode()
        head = b'--x\r\ncontent-disposition: form-data; name="q"\r\n\r\n'
        return head + text + b"\r\n--x--\r\n"

    def body(self):
        kind = self.r.randint(0, 9)
        if kind < 5:
            return self.json()
        if kind < 7:
            return self.form()
        if kind == 7:
            return self.multipart()
        if kind == 8:
            return self.text().encode()
        return self.json() + self.r.randbytes(2)

    def request(self):
        """Body, headers and query string."""
        raw = self.body()
        headers = [
            ("content-type", k) for k in self.r.choices(KINDS, k=self.r.choice([0, 1, 1, 1, 2]))
        ]
        if self.r.random() < 0.2:
            name = self.r.choice(list(COMPRESSIONS))
            raw = COMPRESSIONS[name](raw)
            headers.append(("content-encoding", name))
        query = self.form() if self.r.random() < 0.4 else b""
        return raw, headers, query.replace(b"\0", b"")
