"""Signs of programming languages: what a line of each looks like, and how much it tells.

A sign has a literal that must occur before its pattern is tried, so that prose costs only
literal searches. Every gap in a pattern is bounded, so that it runs in linear time.
"""

import time
from collections.abc import Iterator

import regex
from msgspec import Struct

_STRONG, _MEDIUM, _WEAK = 2.6, 1.3, 0.6


class Sign(Struct, frozen=True):
    """One pattern of a language; `literals` of which one must occur in the text."""

    language: str
    weight: float
    literals: tuple[str, ...]
    pattern: "regex.Pattern[str]"


class Seen(Struct, frozen=True):
    """A sign of a language at a place in a text; `sign` numbers it."""

    start: int
    end: int
    language: str
    weight: float
    sign: int


# language: weight, literals (separated by "§"), pattern
_SIGNS: dict[str, tuple[tuple[float, str, str], ...]] = {
    "python": (
        (_STRONG, "def ", r"^[ \t]{0,40}(?:async )?def \w{1,60}\([^\n]{0,200}\)[^\n:]{0,60}:"),
        (_STRONG, "class ", r"^[ \t]{0,40}class \w{1,60}(?:\([^\n)]{0,100}\))?:[ \t]*$"),
        (_STRONG, " import ", r"^[ \t]{0,40}from [\w.]{1,60} import [\w(*]"),
        (_STRONG, "__name__", r"if __name__ =="),
        (_MEDIUM, "import ", r"^[ \t]{0,40}import [a-z_][\w.]{0,60}(?: as \w{1,20})?[ \t]*$"),
        (_MEDIUM, "self.", r"\bself\.\w{1,60}(?: = |\()"),
        (_MEDIUM, "print(", r"^[ \t]{0,40}print\([^\n]{0,200}\)[ \t]*$"),
        (_MEDIUM, " in ", r"^[ \t]{0,40}for \w{1,40}(?:, ?\w{1,40})? in [\w.]{1,60}[^\n]{0,80}:[ \t]*$"),
        (_MEDIUM, " for ", r"\[[^\n\[\]]{1,80} for \w{1,40} in [^\n\[\]]{1,80}\]"),
        (_MEDIUM, "lambda ", r"\blambda \w{0,20}(?:, ?\w{1,20})?: \w"),
        (_MEDIUM, "except", r"^[ \t]{0,40}except(?: \w{1,40}(?: as \w{1,20})?)?:[ \t]*$"),
        (_WEAK, "elif §try:§else:", r"^[ \t]{0,40}(?:elif [^\n]{1,120}|try|else):[ \t]*$"),
    ),
    "javascript": (
        (_STRONG, "function", r"\bfunction\*? ?\w{0,60}\([^\n()]{0,120}\) ?\{"),
        (_STRONG, "=>", r"\) => ?[\w({\[]|[=(,] ?\w{1,40} => ?[\w({\[]"),
        (_STRONG, "require(", r"\brequire\(['\"][^\n'\"]{1,80}['\"]\)"),
        (_STRONG, " from ", r"^[ \t]{0,20}import [\w{}*, ]{1,120} from ['\"]"),
        (_STRONG, "export ", r"^[ \t]{0,20}export (?:default|const|function|class|interface|type)\b"),
        (_STRONG, "const ", r"^[ \t]{0,40}const (?:\w{1,60}|[\[{][^\n=]{1,80}[\]}])(?:: [^\n=]{1,60})? = "),
        (_MEDIUM, "let §var ", r"^[ \t]{0,40}(?:let|var) \w{1,60} = [^\n]{1,200};[ \t]*$"),
        (_MEDIUM, "console.", r"\bconsole\.(?:log|error|warn|info)\([^\n)]"),
        (_MEDIUM, "document.§window.", r"\b(?:document|window)\.\w{1,40}(?:\(|\.| = )"),
        (_MEDIUM, "===§!==", r"\w ?[!=]== ?['\"\w]"),
        (_MEDIUM, "interface ", r"^[ \t]{0,20}interface \w{1,60} \{"),
        (_MEDIUM, ": string§: number", r"\w{1,40}\??: (?:string|number|boolean)(?:\[\])?[;,)]"),
    ),
    "java": (
        (_STRONG, "public ", r"\bpublic (?:static |final |abstract ){0,3}(?:class|interface|enum|void|String|int|boolean) \w{1,60} ?[({]"),
        (_STRONG, "System.", r"\bSystem\.(?:out|err)\.print"),
        (_STRONG, "import java", r"^import javax?\.[\w.*]{1,80};"),
        (_STRONG, "@Override", r"^[ \t]{0,40}@Override\b"),
        (_MEDIUM, "private ", r"\bprivate (?:static |final ){0,2}[\w<>]{1,60} \w{1,60}(?: =|;)"),
        (_MEDIUM, " = new ", r"\b[A-Z]\w{0,40}(?:<[\w, ]{0,40}>)? \w{1,40} = new [A-Z]\w{0,40}"),
    ),
    "kotlin": (
        (_STRONG, "fun ", r"^[ \t]{0,40}(?:private |override |suspend ){0,2}fun (?:\w{1,40}\.)?\w{1,60}\([^\n]{0,120}\)[^\n]{0,60}[={]"),
        (_STRONG, "data class", r"^[ \t]{0,20}data class \w{1,60}\("),
        (_MEDIUM, "val ", r"^[ \t]{0,40}va[lr] \w{1,60}(?:: [\w<>?]{1,40})? = [^\n;]{1,200}$"),
    ),
    "c": (
        (_STRONG, "#include", r"^[ \t]{0,8}#include ?[<\"][\w./+-]{1,80}[>\"]"),
        (_STRONG, "(", r"^(?:static |inline |const |unsigned ){0,3}(?:int|void|char|float|double|bool|size_t)[ *]{1,3}\w{1,60}\([^\n;{]{0,200}\)\s{0,3}\{"),
        (_STRONG, "std::", r"\bstd::\w{1,40}"),
        (_STRONG, "#define ", r"^[ \t]{0,8}#define [A-Za-z_]\w{0,60}\b"),
        (_MEDIUM, "printf(", r"\bf?printf\((?:stderr, )?\""),
        (_MEDIUM, "->", r"\b[a-z_]\w{0,40}->[a-z_]\w{0,40}(?:;| =|\()"),
        (_MEDIUM, "template", r"\btemplate ?<(?:typename|class) "),
        (_MEDIUM, "int §char ", r"^[ \t]{0,40}(?:unsigned )?(?:int|char|float|double|long)[ *]{1,3}\w{1,40}(?:\[\w{0,20}\])?(?: = [^\n;]{1,100})?;"),
        (_MEDIUM, "malloc(§sizeof(§free(", r"\b(?:malloc|sizeof|free|memcpy|strcpy)\([^\n]{1,100}\)"),
    ),
    "csharp": (
        (_STRONG, "using ", r"^[ \t]{0,20}using (?:System|Microsoft)[\w.]{0,60};"),
        (_STRONG, "Console.", r"\bConsole\.(?:Write|Read)(?:Line)?\("),
        (_STRONG, "get;", r"\{ ?get; (?:private |init)?(?:set)?;? ?\}"),
        (_STRONG, "namespace ", r"^[ \t]{0,20}namespace [A-Z][\w.]{0,80}(?:;|\s{0,3}\{)"),
        (_MEDIUM, "var ", r"^[ \t]{0,40}var \w{1,40} = (?:new |await )"),
    ),
    "go": (
        (_STRONG, "func ", r"^func (?:\(\w{1,20} \*?\w{1,40}\) )?\w{1,60}\([^\n]{0,160}\{"),
        (_STRONG, "err != nil", r"\bif err != nil\b"),
        (_STRONG, "fmt.", r"\bfmt\.(?:Print|Sprint|Errorf|Fprint)"),
        (_MEDIUM, "package ", r"^package [a-z]\w{0,30}[ \t]*$"),
        (_MEDIUM, ":=", r"^[ \t]{0,40}\w{1,40}(?:, \w{1,40})? := \w"),
        (_MEDIUM, "import (", r"^import \([ \t]*$"),
    ),
    "rust": (
        (_STRONG, "fn ", r"^[ \t]{0,40}(?:pub (?:\(\w{1,10}\) )?)?(?:async |unsafe )?fn \w{1,60}(?:<[^\n>]{0,60}>)?\("),
        (_STRONG, "let mut ", r"\blet mut \w{1,40}"),
        (_STRONG, "!(§![", r"\b(?:println|format|vec|assert_eq|panic)![(\[](?:\"|\w{1,40}[,)\]])"),
        (_STRONG, "#[", r"^[ \t]{0,20}#!?\[(?:derive|cfg|test|allow)\b"),
        (_STRONG, "impl", r"^[ \t]{0,20}impl(?:<[^\n>]{1,40}>)? \w{1,40}(?: for \w{1,40})?[^\n]{0,40}\{"),
        (_MEDIUM, "use ", r"^[ \t]{0,20}use (?:std|crate|super|\w{1,40})::[\w:{}*, ]{1,100};"),
        (_MEDIUM, ".unwrap()", r"\.unwrap\(\)"),
    ),
    "swift": (
        (_STRONG, "func ", r"^[ \t]{4,40}func \w{1,60}\([^\n]{0,160}\{|^func \w{1,60}\([^\n]{0,120}\w: [^\n]{0,80}\) -> \w"),
        (_STRONG, "guard let§if let ", r"\b(?:guard|if) let \w{1,40} = "),
        (_STRONG, "import ", r"^import (?:UIKit|SwiftUI|Foundation|Combine)\b"),
    ),
    "php": (
        (_STRONG, "<?php", r"<\?php\b"),
        (_STRONG, "$this->", r"\$this->\w{1,40}"),
        (_STRONG, "$_", r"\$_(?:GET|POST|SERVER|SESSION|COOKIE)\["),
        (_STRONG, "function ", r"\bfunction \w{0,60}\((?:\w{1,30} )?\$\w{1,40}"),
        (_MEDIUM, "$", r"^[ \t]{0,40}\$\w{1,40}(?:\[[^\n\]]{0,40}\])? = [^\n]{1,200};[ \t]*$"),
        (_WEAK, "echo ", r"^[ \t]{0,40}echo [\"'$][^\n]{0,200};[ \t]*$"),
    ),
    "ruby": (
        (_STRONG, " |", r"\bdo \|\w{1,30}(?:, ?\w{1,30})?\|"),
        (_STRONG, "attr_", r"^[ \t]{0,40}attr_(?:accessor|reader|writer) :\w"),
        (_STRONG, "require", r"^require(?:_relative)? ['\"][\w/.-]{1,60}['\"][ \t]*$"),
        (_STRONG, "def ", r"^[ \t]{0,40}def (?:self\.)?\w{1,60}[?!]?(?:\([^\n)]{0,100}\))?[ \t]*$"),
        (_MEDIUM, "puts ", r"^[ \t]{0,40}puts [\"'\w][^\n]{0,200}$"),
        (_WEAK, "end", r"^[ \t]{0,40}end[ \t]*$"),
    ),
    "perl": (
        (_STRONG, "use strict", r"^use (?:strict|warnings);"),
        (_STRONG, "my ", r"\bmy (?:[$@%]\w{1,40}|\([$@%]) ?"),
        (_STRONG, "=~", r"\$\w{1,40} =~ (?:[msy]|tr)?/"),
    ),
    "lua": (
        (_STRONG, "local ", r"^[ \t]{0,40}local (?:function )?\w{1,40}(?: = |\()"),
        (_WEAK, "end", r"^[ \t]{0,40}end[ \t]*$"),
        (_WEAK, " then", r"^[ \t]{0,40}(?:else)?if [^\n]{1,100} then[ \t]*$"),
    ),
    "shell": (
        (_STRONG, "#!/", r"^#!/(?:usr/)?bin/(?:env )?(?:ba|z|da|k)?sh\b"),
        (_STRONG, "|", r"\|[ \t]{1,3}(?:grep|awk|sed|xargs|sort|head|tail|wc|cut|tr|jq|tee|bash|sh)\b(?: -?[\w'\"{$]|[ \t]*$)"),
        (_STRONG, "/dev/null", r"[12&]?> ?/dev/null"),
        (_MEDIUM, "sudo §apt §apt-get §pip §npm §git §docker §kubectl §chmod §curl §wget §rm §mkdir §tar §ssh ", r"^[ \t]{0,20}(?:[$#] )?(?:sudo )?(?:apt(?:-get)? install|pip3? install|npm (?:i|install|run)|git (?:clone|push|pull|commit|checkout|add|rebase|log)|docker (?:run|build|exec|ps|compose)|kubectl (?:get|apply|logs|exec)|chmod [+0-7a-z]|(?:curl|wget) (?:-|https?://|['\"])|rm -|mkdir -|tar -?[a-z]{1,4} |ssh [\w.-]{1,40}@)"),
        (_MEDIUM, "then§do", r"^[ \t]{0,40}(?:if|elif|while|until|for) [^\n]{1,120}; (?:then|do)[ \t]*$"),
        (_MEDIUM, "fi§done§esac", r"^[ \t]{0,40}(?:fi|done|esac)[ \t]*$"),
        (_MEDIUM, "$(§${", r"\$\([a-z][\w ./-]{1,80}\)|\$\{[A-Za-z_]\w{0,40}[}:%#/]"),
        (_MEDIUM, "export ", r"^[ \t]{0,20}export [A-Z_][A-Z0-9_]{0,40}="),
        (_WEAK, "&&", r"&& [a-z]{2,12} [\w./-]"),
    ),
    "powershell": (
        (_STRONG, "-Object", r"\| ?(?:Where|ForEach|Select|Sort|Group|Measure)-Object\b"),
        (_STRONG, "Get-§Set-§New-§Remove-§Invoke-§Write-§Start-§Stop-", r"\b(?:Get|Set|New|Remove|Invoke|Write|Start|Stop)-[A-Z][a-z]\w{1,40}(?: -[A-Z]\w{1,20}| ['\"$]|[ \t]*\|)"),
        (_MEDIUM, "$_.", r"\$_\.\w{1,40}"),
        (_WEAK, "$", r"^[ \t]{0,40}\$\w{1,40} = [^\n;]{1,200}$"),
    ),
    "sql": (
        (_STRONG, "SELECT", r"\bSELECT\b[^.!?]{1,200}?\bFROM\s{1,4}[\w.\"`\[]"),
        (_STRONG, "elect §ELECT ", r"(?i)\bselect (?:distinct )?(?:\*|count\([^\n)]{1,40}\)|[\w.]{1,40}(?:, ?[\w.]{1,40}){1,20}) from [\w.]{1,60}"),
        (_STRONG, "elect §ELECT ", r"(?i)\bselect [\w., *()]{1,120} from \w{1,60}\s{1,4}(?:\w{1,20} )?(?:where [\w.]{1,40} ?(?:=|<|>|like|in\b)|group by|order by|limit \d|(?:inner |left |right )?join)"),
        (_STRONG, "nsert §NSERT ", r"(?i)\binsert into [\w.\"`]{1,60} ?(?:\([^\n)]{1,200}\) ?)?values ?\("),
        (_STRONG, "pdate §PDATE ", r"(?i)\bupdate [\w.\"`]{1,60} set [\w.\"`]{1,60} ?="),
        (_STRONG, "able §ABLE ", r"(?i)\b(?:create|drop|alter|truncate) table (?:if (?:not )?exists )?[\w.\"`]{1,60}(?: ?\(|;| add | drop |[ \t]*$)"),
        (_STRONG, "elete §ELETE ", r"(?i)\bdelete from [\w.\"`]{1,60} where [\w.]{1,40} ?[=<>]"),
        (_MEDIUM, "JOIN ", r"\b(?:INNER |LEFT |RIGHT )?JOIN \w{1,60}(?: \w{1,20})? ON\b"),
        (_MEDIUM, "BY ", r"\b(?:GROUP|ORDER) BY [\w.]{1,60}"),
    ),
    "html": (
        (_STRONG, "<!", r"(?i)<!doctype html"),
        (_STRONG, "<html§<head§<body§<script§<style", r"<(?:html|head|body|script|style)(?: [^<>\n]{0,200})?>"),
        (_MEDIUM, "<div§<span§<table§<form§<button§<a href§<img ", r"<(?:div|span|table|form|button|a|img)(?: [\w-]{1,30}=[^<>\n]{1,200})/?>"),
        (_MEDIUM, "</", r"</(?:div|span|table|tr|td|th|ul|ol|li|form|button|section|nav|h[1-6])>"),
    ),
    "css": (
        (_STRONG, "{", r"^[ \t]{0,20}[.#]?[\w-]{1,40}(?:[ :.>,#]{1,3}[\w-]{1,40}){0,6} ?\{\s{0,20}[a-z-]{2,40}: ?[^\n{};]{1,100};"),
        (_STRONG, "@media", r"^[ \t]{0,20}@media [^\n{]{1,100}\{"),
    ),
    "r": (
        (_STRONG, "<- function", r"<- function\("),
        (_STRONG, "library(", r"^[ \t]{0,20}library\(\w{1,40}\)"),
        (_STRONG, "%>%§ggplot(", r"%>%|\bggplot\("),
        (_MEDIUM, " <- ", r"^[ \t]{0,40}[\w.]{1,40} <- [\w.]{1,40}(?:\(|\[|[ \t]*$)"),
    ),
}  # fmt: skip
LANGUAGES = tuple(sorted(_SIGNS))
SIGNS = tuple(
    Sign(language, weight, tuple(literals.split("§")), regex.compile(pattern, regex.M))
    for language, signs in _SIGNS.items()
    for weight, literals, pattern in signs
)
# Names that people write behind the fence of a code block.
TAGS: dict[str, str] = {
    **{language: language for language in LANGUAGES},
    **{
        tag: language
        for language, tags in {
            "python": "py python3 ipython",
            "javascript": "js jsx ts tsx typescript node mjs vue",
            "kotlin": "kt",
            "c": "cpp c++ cc h hpp",
            "csharp": "cs c#",
            "go": "golang",
            "rust": "rs",
            "ruby": "rb",
            "perl": "pl",
            "shell": "sh bash zsh console shell-session",
            "powershell": "ps1 pwsh ps",
            "sql": "postgres postgresql mysql sqlite tsql plsql",
            "html": "htm",
            "css": "scss less",
        }.items()
        for tag in tags.split()
    },
}


def signs(text: str, until: float) -> Iterator[Seen]:
    """Every sign of a programming language in a text.

    Raises:
        TimeoutError: `until`, a `time.monotonic()` instant, has passed.
    """
    for number, sign in enumerate(SIGNS):
        if any(literal in text for literal in sign.literals):
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for match in sign.pattern.finditer(text, timeout=left):
                yield Seen(match.start(), match.end(), sign.language, sign.weight, number)
