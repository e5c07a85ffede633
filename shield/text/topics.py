"""What a turn of a conversation is about and what it asks for: signs that weigh over many turns.

Words of risky topics, strong and weak; demands for instructions; demands for more; frames
(fiction, history, research); stories that join several topics; pressing on after a refusal.
Each alone is ordinary. Stems in canonical spelling: a word matches a stem that it begins with.
"""

from collections.abc import Iterator, Mapping

import regex

from shield.types import Note

STRONG, WEAK = "strong", "weak"
ASKS, MORE, FRAME, WEAVE, PRESS, SAFE = "asks", "more", "frame", "weave", "press", "safe"
_WORD = regex.compile(r"[^\W\d_]{3,32}")
_SHORTEST, _LONGEST = 3, 12
_MOST = 64  # notes of one text: the first and, where there are more, the last

# By topic: words that are rarely harmless in company, and words that are usually harmless alone.
# Topic, strength, stems; `=` before a stem means the whole word.
_TOPICS: tuple[tuple[str, str, str], ...] = (
    (
        "weapons",
        STRONG,
        "molotov detonat explosiv sprengstoff sprengsatz rohrbomb brandsatz explosif esplosiv dinamit",
    ),
    (
        "weapons",
        STRONG,
        "dynamit nitroglyc thermit napalm ricin rizin sarin anthrax nervengift взрывчат детонат взрывател",
    ),
    ("weapons", STRONG, "patlayici grenad gunpowder silencer ghostgun nuclear uranium"),
    (
        "weapons",
        WEAK,
        "bomb weapon waffe =arme =armas =arma =gun =guns rifle toxin ammunition бомб оружи silah bombe castor",
    ),
    (
        "weapons",
        WEAK,
        "incendiar oxidis oxidiz attentat jamming jammed взрыв подрыв chlorine missile shooting",
    ),
    (
        "drugs",
        STRONG,
        "methamph fentanyl heroin cocain kokain =mdma ecstasy =meth drogenlabor метамфет героин кокаин",
    ),
    ("drugs", STRONG, "uithaler precursor =ghb =lsd ketamin"),
    (
        "drugs",
        WEAK,
        "opioid opiat =drug =drugs drogue droga drogen narcotic psychoact нарко uyusturucu narkot synthes drugssmok steroid",
    ),
    (
        "cyber",
        STRONG,
        "ransomware keylogger malware rootkit botnet spyware stalkerware =trojan phishing =phish backdoor",
    ),
    ("cyber", STRONG, "шифровальщ oltalama =ddos sqlmap"),
    (
        "cyber",
        WEAK,
        "hack exploit =hook =hooks payload virus passwort parola intrud network invadir credential cracking",
    ),
    (
        "fraud",
        STRONG,
        "counterfeit forger launder geldwasch blanchiment lavado lavagem riciclagg falschgeld fraudster skimmer",
    ),
    (
        "fraud",
        STRONG,
        "skimming dolandiric kopyalama blanquear =scam scams scammer мошенн фальшив подделк oszust smuggler smokkel",
    ),
    (
        "fraud",
        STRONG,
        "hotwire shoplift blackmail sextort erpress chantage extors extorq вымогат traffick",
    ),
    (
        "fraud",
        WEAK,
        "heist bankraub atraco rapina burgl einbruch steal stole theft =ladro =ladron =thief thieves fraud betrug golpe truffa",
    ),
    (
        "fraud",
        WEAK,
        "forge fake =faux sahte seriennumm lockpick =picking =pick kredi victim opfer =refund =refunds alarm identit",
    ),
    (
        "fraud",
        WEAK,
        "sequestr extort billets banknot douane ruba furt hacienda passport ausweis evasion bribe bestech dating",
    ),
    (
        "violence",
        STRONG,
        "assassin hitman massacre dismember strangl tortur unabomb убийств cinayet ermord asesin uccider assassinat",
    ),
    ("violence", STRONG, "arson radicali extremis supremac genocid"),
    (
        "violence",
        WEAK,
        "murder kidnap =kill killing =attack corpse =stab villain sabotag partisan umbringen =terror anarchi manifesto",
    ),
    ("violence", WEAK, "партизан violence poach"),
    (
        "harm",
        STRONG,
        "suicid selbstmord selbsttot suizid самоубий intihar zelfmoord samoboj selfharm anorex",
    ),
    ("harm", WEAK, "=pills tablett overdos loneliness laxativ fasting starv"),
    ("poison", STRONG, "poisoner poisonin empoisonn vergift avvelen envenen отрав"),
    (
        "poison",
        WEAK,
        "poison arsen cyanid zyan pharmacist autops =dose doses dosis =dosi dosage toxic oleander veneno veleno яд zehir",
    ),
    ("spying", STRONG, "stalker stalking doxx deepfake =nackt =nude nagiej naked undress"),
    ("spying", WEAK, "surveil overwach covert secretl unnotic jealous tracker"),
    ("deceit", STRONG, "disinform desinform misinform propagand honeypot impersonat dezinform"),
    ("deceit", WEAK, "conspir vaccin rumour rumor fabricat believab"),
    ("rules", STRONG, "systemprompt guardrail jailbreak"),
    (
        "rules",
        WEAK,
        "=instructions anweisung instruccion istruzion guideline restrict =prompt =rules",
    ),
)
# Scripts without spaces, and phrases of several words.
_PHRASES: tuple[tuple[str, str, str], ...] = (
    (
        "weapons",
        STRONG,
        "炸药|炸弹|燃烧瓶|引爆|雷管|爆薬|爆弾|火炎瓶|폭탄|폭발물|विस्फोटक|متفجر|قنبلة|pipe bomb|ghost gun|nerve agent",
    ),
    ("weapons", WEAK, "炸桥|武器|兵器|무기|हथियार|سلاح"),
    ("drugs", STRONG, "冰毒|海洛因|芬太尼|覚醒剤|필로폰|마약|हेरोइन|crystal meth"),
    ("drugs", WEAK, "毒品|薬物|ड्रग|مخدر"),
    (
        "cyber",
        STRONG,
        "勒索软件|木马|钓鱼网站|ランサム|フィッシング|랜섬|악성코드|reverse shell|sim swap|zero day",
    ),
    ("cyber", WEAK, "黑客|入侵|ハッキング|해킹|हैक|اختراق"),
    (
        "fraud",
        STRONG,
        "洗钱|假钞|伪造|诈骗|偽札|資金洗浄|위조|사기|जालसाज|नकली नोट|غسيل الأموال|تزوير|faux billets|fake id\\b",
    ),
    ("fraud", WEAK, "盗|骗|偽|지폐|ठग|سرقة|tax evasion|insider trading|break(?:s|ing)? into"),
    ("violence", STRONG, "杀人|谋杀|绑架|殺人|誘拐|살인|납치|हत्या"),
    ("violence", WEAK, "袭击|攻撃|공격|हमला|call to violence"),
    ("harm", STRONG, "self-harm|自杀|自殺|자살|आत्महत्या|leave for good"),
    ("rules", STRONG, "system prompt|hidden instructions|initial instructions|content policy"),
)
_SPOKEN: Mapping[str, str] = {
    ASKS: (
        r"\bhow\s+(?:an?\s+)?(?:amateur|someone|one|he|she|they|somebody|person|reader)\s+(?:would|could|can|does|do|gets?|makes?|puts?)\b|\bin\s+\w+\s+minutes\b"
        r"|\bhide\s+(?:the|it|his|her)\b|\bwhich\s+(?:tools?|pills?|app|substances?|accounts?|device)\b|\bhow\s+(?:many|much)\b[^.\n]{0,30}\b(?:need|take|dose|per)\b"
        r"|\bstep[\s-]by[\s-]step\b|\bstep\s+for\s+step\b|\bhow\s+(?:exactly|precisely)\b|\bexactly\s+(?:how|what|which)\b|\bwhat\s+exactly\b"
        r"|\b(?:recipe|checklist|playbook|blueprint|parts\s+list|shopping\s+list|instructions?|manual|tutorial|script|how-to)\b"
        r"|\b(?:materials?|ingredients?|amounts?|proportions?|quantit\w+|solvents?|temperatures?|doses?|dosage|circuit|order\s+of\s+assembly)\b"
        r"|\bin\s+what\s+order\b|\bminute\s+by\s+minute\b|\bconcretely\b|\bbe\s+specific\b|\bspecifics\b|\bprecise(?:ly)?\b"
        r"|\bwithout\s+(?:being\s+(?:caught|noticed)|a\s+trace|a\s+trail|leaving)|\b(?:not\s+be|never|so\s+no\s+one|nobody|get\s+past|avoid\w*|defeat|bypass)\b[^.\n]{0,30}"
        r"\b(?:caught|noticed|notices|hears|detected|flag\w*|alarm\w*|checks?|test)\b"
        r"|\bschritt\s+(?:fur|um)\s+schritt\b|\breihenfolge\b|\bmit\s+material\b|\banleitung\b|\bmengen?\b|\bdosis\b"
        r"|\betape\s+par\s+etape\b|\bmode\s+d'emploi\b|\bquelle\s+dose\b|\bcomment\s+l'obtenir\b|\bsois\s+precis\w*"
        r"|\bpaso\s+a\s+paso\b|\bplan\s+mes\b|\bmateriales\b|\bcantidades\b|\bpasos\b|\bpara\s+que\b[^.\n]{0,30}\bno\s+(?:lo\s+)?not\w+"
        r"|\bpasso\s+(?:a|per)\s+passo\b|\bdosi\b|\bprocedimento\b|\bstap\s+voor\s+stap\b|\bkrok\s+po\s+kroku\b|\bpas\s+cu\s+pas\b"
        r"|\badim\s+adim\b|\byakalanmadan\b|пошагов\w*|шаг\s+за\s+шагом|пропорци\w*|порядок\s+сборки|материал\w*|из\s+чего"
        r"|一步一步|步骤|比例|材料|चरण\s+दर\s+चरण|पकड़े\s+न\s+जा|手順|단계별|خطوة\s+بخطوة"
    ),
    MORE: (
        r"\b(?:more|greater|further|full|finer|every)\s+(?:\w+\s+)?(?:details?|detailed|specific\w*|realis\w+|concrete\w*|precise\w*|practical|technical)\b"
        r"|\b(?:elaborate|expand|extend|flesh\s+out|go\s+deeper|develop|update|continue|rewrite|rephrase|unabridged)\b|\btell\s+me\s+more\b|\bgo\s+further\b|\bkeep\s+going\b|\blonger\b|\blouder\b|\bhotter\b|\bdarker\b"
        r"|\bsame\s+(?:\w+\s+)?(?:speech|dialogue|answer|style|script|text|scene)\b|\bnow\s+(?:write|the|all|one|with|let)\b|\bapply\s+each\b|\bfill\s+in\s+the\s+rest\b"
        r"|\brank\s+the\b|\b(?:third|second|last|neighbour's|guest)\s+(?:\w+\s+)?(?:part|point|topic|event|scene|link|half|segment)\b|\bneeds\s+substance\b"
        r"|\bgenauer\b|\bausfuhrlicher\b|\bvollstandig\b|\bfuhre\b[^.\n]{0,30}\baus\b|\bdeveloppe\w*|\bdetails?\b|\bdetalles?\b|\bdesarrolla\w*|\baprofund\w+|\bapprofond\w+"
        r"|\bcompleto\b|\bconcreter\b|\bdokladni\w*|\bgedetailleerd\w*|\bayrinti\w*|\bdevaminda\b|подробн\w+|раскрой|详细|展开|विस्तार|सच\s+में|詳しく|자세히"
    ),
    FRAME: (
        r"\b(?:story|novel|fiction\w*|character|scene|thriller|poem|screenplay|dialogue|tale|narrative|monologue|interview|podcast|diary|notebook|memoir|roleplay"
        r"|hypothetical\w*|imagine|pretend|history|historical\w*|museum|essay|footnote|article|column|lecture|research|awareness|training|lesson|class|in\s+character)\b"
        r"|\b(?:geschichte|roman|szene|gedicht|tagebuch|plakat|roman|recit|histoire|heroine|cuento|relato|novela|racconto|scena|historia|dialogo|monoloog|verhaal"
        r"|hikaye|rozmow\w*|opowiad\w*)\b|рассказ\w*|дневник\w*|роман\w*|故事|回忆|小说|कहानी|物語|소설|قصة"
    ),
    WEAVE: (
        r"\b(?:connect|connects|link|links|weave|combine|tie|join|chain|relates?)\b[^.\n]{0,60}\b(?:story|narrative|tale|plot|episode|topics?|these|three|logical\w*|meaningful\w*|way)\b"
        r"|\b(?:story|narrative|tale|plot|chain|episode|script)\b[^.\n]{0,40}\b(?:connect\w*|link\w*|with\s+a|between|about|for\s+each|please)\b|\bcue\s+cards?\b"
        r"|\bverbinde\b|\bverknupf\w*|\brelie\b|\breliant\b|\buna?\s+en\s+un\b|\bune\s+en\b|\bconect[ea]\b|\bcolleg\w+\b|\bсвяжи\b|свяжи|连在一起|联系起来|つなげた|연결"
    ),
    SAFE: (
        r"\b(?:protect|prevent|recogni[sz]|report|detect|defen[cds]|secur|safe(?:ly|ty|r)|warn|avoid\s+(?:being|getting)|backup|police|doctor|vet\b|ambulance"
        r"|emergency|hospital|therap|helpline|compliance|incident|restore|patch|antidote|naloxone|protocol|debrief|remov(?:e|ing)|scan\b|stolen\s+from)\w*"
        r"|\b(?:schutz|vermeid|erkenn|melde|polizei|arzt|bank\s+sagen|signaler|proteg|prevenir|denunc|policia|medico|ospedale|avisar|bloquear|aangifte|politie"
        r"|zglos|chron|korunma|dilekce|itiraz)\w*|защит\w*|предотвра\w*|полици\w*|врач\w*|举报|防止|预防|报警|शिकायत|警察|신고"
    ),
    PRESS: (
        r"\b(?:it'?s|is)\s+(?:only|just)\b|\byou\s+already\b|\bskip\s+the\b|\b(?:no|without|leave\s+out|drop)\s+(?:a\s+|the\s+|any\s+)?(?:disclaimers?|warnings?|caveats?)\b"
        r"|\b(?:ist|war)\s+doch\s+nur\b|\be\s+so\b|\bsolo\s+(?:es|para)\b|\bc'est\s+(?:juste|seulement)\b|\bis\s+boring\b|\bhates\s+vague\b|\bi\s+understand\b|\bthen\s+not\b"
        r"|\bnot\s+\w+,?\s+then\b|\bpas\s+une\s+recommandation\b|\bno\s+(?:shielded|friend)\b|\bsame\s+\w+,\s+just\b|\bjust\s+(?:answer|the|make)\b|\bhypothetically\b"
    ),
}
_PATTERNS = {kind: regex.compile(pattern) for kind, pattern in _SPOKEN.items()}


def signs(plain: str) -> tuple[Note, ...]:
    """The signs in a canonical text; topics as `strong:<topic>` and `weak:<topic>`."""
    found = [*_topics(plain)]
    for kind, pattern in _PATTERNS.items():
        found += [Note(kind, m.start(), m.end()) for m in pattern.finditer(plain)]
    found.sort(key=lambda note: (note.start, note.kind))
    return tuple(found if len(found) <= _MOST else found[: _MOST // 2] + found[-_MOST // 2 :])


def _topics(plain: str) -> Iterator[Note]:
    for word in _WORD.finditer(plain):
        shown = word[0]
        kinds = set(_STEMS.get(f"={shown}", ()))
        for length in range(_SHORTEST, min(_LONGEST, len(shown)) + 1):
            kinds.update(_STEMS.get(shown[:length], ()))
        yield from (Note(kind, *word.span()) for kind in kinds)
    for kind, pattern in _WHOLE.items():
        yield from (Note(kind, *m.span()) for m in pattern.finditer(plain))


def _stems() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for topic, strength, stems in _TOPICS:
        for stem in stems.split():
            table.setdefault(stem[:_LONGEST], []).append(f"{strength}:{topic}")
    return {stem: tuple(kinds) for stem, kinds in table.items()}


_STEMS = _stems()
_WHOLE = {f"{strength}:{topic}": regex.compile(words) for topic, strength, words in _PHRASES}
