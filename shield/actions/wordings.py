"""How people leave something to somebody else's text, in the languages of the corpora. Data, no logic.

Patterns of folded text (lower case, no marks on Latin letters), one sentence at a time.
"""

THING = (
    r"(?:address|mail|e-?mail|email|number|account|iban|details?|contact(?: details| info(?:rmation)?)?|password"
    r"|code|link|url|name|info(?:rmation)?|bank details|username|data|handle|list|form)s?"
)
PLACE = (
    r"(?:inbox|mail|e-?mail|email|message|letter|invoice|bill|note|notice|file|document|doc|pdf|page|site|website|list|sheet"
    r"|thread|attachment|text|post|chat|channel|profile|calendar|event|invitation|contacts?|ticket|issue|comment"
    r"|form|card|receipt|quote|offer|folder|todo|to-do|instructions?|flyer|poster|leaflet|ad|advert|review"
    r"|signature|footer|photo|picture|screenshot|scan|label|letterhead|minutes|directory|roster|agenda|spreadsheet|table"
    r"|brochure|menu|slide|deck|voicemail|transcript|log"
    r"|readme|runbook|wiki|manual|guide|reminder|sign)s?"
)
SAYS = (
    r"(?:says?|said|names?|named|lists?|listed|asks?|asked|proposes?|proposed|suggests?|suggested|mentions?|mentioned"
    r"|wants?|wanted|needs?|needed|gives?|gave|gives?|specif(?:y|ies|ied)|recommends?|recommended|requests?|requested"
    r"|sends?|sent|put|wrote|writes?|told|tells?|offers?|offered|provides?|provided|states?|stated|shows?|picks?|picked"
    r"|mailed|e-?mailed|texted|messaged|posted|forwarded|chooses?|chose|has|have|includes?|contains?|left|advises?|prefers?|points?|describes?|described|explains?|explained)"
)
# A file that is called by its name.
FILE = r"[\w/-]{1,64}\.(?:txt|md|pdf|csv|docx?|odt|xlsx?|json|html?|ya?ml|rst)"
GAVE = r"(?:mailed|e-?mailed|texted|messaged|posted|forwarded|sent|gave|left|passed|wrote)"
SIGN_UP = r"(?:register|sign (?:up|me up|us up|in)|apply|enrol+|book|reserve|rsvp|order|contact|reach|write|get in touch)"
SEE_TO = r"(?:sort|take care of|handle|deal with|see to|look after|arrange|organi[sz]e|get)"
WHO = r"(?:he|she|they|it|him|her|them|the \w+|(?:[a-z]+'s|his|her|their|its) \w+|[\p{L}\-]{2,20}(?: [\p{L}\-]{2,20})?)"

# "her address is in Aurelio's mail", "to the number on the bill", "you can find it in /user/info"
VALUES = (
    rf"\b{THING}\b[^!?\n]{{0,24}}\b(?:in|from|at|under)\b[^!?\n]{{0,32}}\b{FILE}\b",
    rf"\b{GAVE}\b(?: (?:me|us|you|over|on|along|out|down))*(?: (?:the|his|her|their|its|a|an|your))?(?: new)? {THING}\b",
    rf"\b(?:he|she|it|they)(?:'s|'re| is| are)\b[^!?\n]{{0,16}}\b(?:in|on|at|under)\b[^!?\n]{{0,24}}\b{PLACE}\b",
    rf"\b{SIGN_UP}\b[^!?\n]{{0,48}}\b(?:on|at|via|through|using|with)\b (?:the|their|his|her|its|that|this)\b[^!?\n]{{0,16}}\b(?:web)?(?:page|site|form|link)\b",
    rf"\b{THING}\b[^!?\n]{{0,24}}\b(?:is|are|in|on|from|at|of|at the bottom of|below|inside|under)\b[^!?\n]{{0,32}}\b{PLACE}\b",
    rf"\b(?:find|found|get|take|look up|see|given|listed|written|stated|stands?|mentioned|provided|included|shared)\b[^!?\n]{{0,64}}\b(?:in|on|at|from|under)\b[^!?\n]{{0,32}}(?:\b{PLACE}\b|(?<!\w)/\w|\bwww\.|https?:)",
    rf"\b(?:whatever|whoever|whomever|wherever|what|who|whom|which|those|that|everyone|everybody|people|anyone|the (?:one|address|person|people|account|password|link|number)s?)\b[^!?\n]{{0,30}}\b{SAYS}\b",
    rf"\b(?:that|this|the new|the given|the listed|(?:his|her|their|its) new)\b {THING}\b",
    rf"\b{PLACE}\b[^!?\n]{{0,24}}\b(?:has|have|contains?|includes?|gives?|shows?|says?|lists?|states?|names?|tells?|mentions?)\b[^!?\n]{{0,40}}\b{THING}\b",
    rf"\b{PLACE}\b[^!?\n]{{0,12}}\b(?:says?|shows?|states?|tells?|explains?|gives?|lists?)(?: (?:me|us|you))?\b (?:where|who|whom|which|how|what)\b",
    r"\b(?:what|as|the (?:one|ones|list)) (?:i|we) (?:wrote|noted|put|saved|left|listed|jotted)\b[^!?\n]{0,60}",
    rf"\b{THING}\b[^!?\n]{{0,16}}\b(?:he|she|they|it|[\p{{L}}]{{2,20}}) {SAYS}\b",
    r"\b(?:he|she|they) (?:want|need|ask)s?\b[^!?\n]{0,60}\b(?:at|to)\b[^!?\n]{0,20}\baddress",
    r"\b(?:was|wen|wer|wie)\b[^!?\n]{0,30}\b(?:steht|stehen|schreibt|nennt|vorschlagt|will|angibt|mochte|bittet)\b",
    r"\bwas\b[^!?\n]{0,40}\b(?:geschrieben|geschickt|angegeben|genannt|notiert) (?:hat|haben)\b",
    r"\b\w*(?:adresse|nummer|konto|iban|passwort|daten|link)\b[^!?\n]{0,24}\b(?:steht|stehen|in (?:der|seiner|ihrer) \w*(?:mail|nachricht)|im anhang|im aushang|auf der rechnung|in der datei|(?:die|das|der) (?:drauf|darauf|darin|drin) steht)\b",
    r"\b(?:l'adresse|le numero|l'iban|le compte|le mot de passe|le lien|les coordonnees)\b[^!?\n]{0,24}\b(?:dans|sur|de)\b[^!?\n]{0,20}\b(?:mail|courriel|facture|message|fichier|page|annonce|note)",
    r"\b(?:ce|ceux|celui|celle) qu(?:e|i|'il|'elle)\b[^!?\n]{0,30}\b(?:dit|demande|propose|indique)",
    r"\b(?:la direccion|el numero|la cuenta|el iban|la contrasena|el enlace|los datos)\b[^!?\n]{0,24}\b(?:en|de|del)\b[^!?\n]{0,20}\b(?:correo|mail|factura|mensaje|archivo|pagina|anuncio|nota)",
    r"\b(?:lo|los|la|el|quien) que\b[^!?\n]{0,30}\b(?:dice|pide|propone|indica|quiere)",
    r"\b(?:l'indirizzo|il numero|il conto|l'iban|il link|i dati)\b[^!?\n]{0,24}\b(?:nella|nel|sulla|sul|della|del)\b[^!?\n]{0,20}\b(?:mail|fattura|messaggio|file|pagina|nota|annuncio)",
    r"\b(?:o endereco|o numero|a conta|o iban|o link|o formulario|os dados)\b[^!?\n]{0,24}\b(?:no|na|do|da)\b[^!?\n]{0,20}\b(?:email|e-mail|fatura|mensagem|arquivo|ficheiro|pagina|anuncio)",
    r"\b(?:het adres|het nummer|de rekening|het iban|de link|de gegevens)\b[^!?\n]{0,24}\b(?:in|op|van|uit)\b[^!?\n]{0,20}\b(?:mail|factuur|bericht|bestand|pagina|notitie)",
    r"(?:адрес|номер|счет|реквизиты|пароль|почт|пошт|ссылк|посиланн)\w*[^!?\n]{0,24}(?:котор\w+|указа\w+|написа\w+|прислал\w*|вказа\w+|як[ауі]\w*)",
    r"(?:adresse?|nummer|konto|iban|passwort)\w*,? (?:die|das|der|den|welche[rsn]?) (?:er|sie|es|\w+)[^!?\n]{0,40}(?:angegeben|genannt|geschickt|geschrieben|steht|hat)",
    r"(?:adresse|numero|compte|iban|mot de passe) (?:qu(?:e|'il|'elle)|indique\w*|donne\w*|mentionne\w*|qui (?:est|figure))",
    r"(?:direccion|numero|cuenta|correo|iban|enlace) (?:que (?:me |nos |se )?(?:dio|da|dice|puso|pone|viene|sale|esta|indico|envio|aparece|figura)|indicad[oa]|mencionad[oa])",
    r"(?:indirizzo|numero|conto|iban|mail|link) (?:che (?:mi |ci )?(?:ha|da|trovi|c'e)|indicat[oa]|scritt[oa])",
    r"(?:endereco|numero|conta|email|iban|link|formulario) (?:que (?:ele|ela|esta|vem|veio|me)|indicad[oa]|informad[oa])",
    r"(?:adres|nummer|rekening|link) (?:die|dat) (?:hij|ze|zij|er|in|op)\b",
    r"(?:adres|numer|konto|link|dane)\w*,? (?:ktor\w+|podan\w+|z (?:maila|faktury|pliku|wiadomosci)|(?:do \w+ )?sa (?:w|na)\b)",
    r"\w*(?:adres|numara|hesab|sifre|link|baglanti)\w*[^!?\n]{0,24}(?:mesaj|mail|e-posta|fatura|dosya|not)\w*|(?:mesaj|mail|e-posta|fatura|dosya|not)\w*(?:da|de|nda|nde|ndaki|ndeki|taki|teki)\b[^!?\n]{0,24}(?:adres|numara|hesab|sifre|link|baglanti)",
    r"(?:他|她|对方|信里|邮件里)[^。!?\n]{0,8}(?:给|写|说|提|留)的[^。!?\n]{0,6}(?:地址|邮箱|账号|号码|密码|链接)",
    r"(?:信|短信|消息|邮件|便条|通知|账单|发票)(?:里|中|上)[^。!?\n]{0,4}(?:留|写|给|附|有)[^。!?\n]{0,8}(?:地址|邮箱|账号|号码|密码|链接)",
    r"(?:書いてある|教えてくれた|指定された|記載の)[^。!?\n]{0,8}(?:アドレス|番号|口座|パスワード|リンク)",
    r"(?:адрес|номер|счет|реквизиты|пароль)[^!?\n]{0,24}(?:в письме|из письма|в сообщении|в файле|на странице|в счете)",
    r"(?:邮件|文件|消息|页面|信|附件)(?:里|中|上)[^。!?\n]{0,12}(?:地址|邮箱|账号|号码|密码|链接)",
    r"(?:メール|ファイル|ページ|添付)(?:に|の)[^。!?\n]{0,12}(?:アドレス|番号|口座|パスワード|リンク)",
    r"(?:메일|파일|메시지|페이지)에 (?:있는|적힌)[^!?\n]{0,12}(?:주소|번호|계좌|비밀번호|링크)",
    r"(?:मेल|बिल|संदेश|सन्देश|फाइल|पत्र|उस)\S{0,4} में[^।!?\n]{0,24}(?:खात|पत|नंबर|लिंक|राशि)|उसमें[^।!?\n]{0,24}(?:खात|पत|नंबर|लिंक|राशि)",
)
# "follow his instructions", "do what she asks", "complete the tasks in it", "address his issue"
ORDERS = (
    r"\b(?:follow|carry out|execute|do|complete|fulfil+|satisfy|achieve|accomplish|address|act on|handle|implement|perform|process|resolve|take care of|comply with|work through|go through)\b[^!?\n]{0,40}\b(?:instructions?|requests?|steps?|tasks?|issues?|asks?|orders?|todos?|to-dos?|actions?|items?|checklist|needs?|wish(?:es)?|directions?)\b",
    r"\b(?:to-?do|todo|checklist|task list|list)\b[^!?\n]{0,32}\b(?:go|work|run) through (?:it|them)\b",
    rf"\b(?:do|complete|handle|carry out|finish|make|set up|arrange|send|book|buy|order|help with)\b[^!?\n]{{0,16}}\b(?:what(?:ever)?|everything|anything|all(?: that)?|as)\b[^!?\n]{{0,14}} {WHO} {SAYS}\b",
    rf"\b(?:as|like|(?:just )?how|the way|according to what)\s+{WHO}\s+{SAYS}\b",
    rf"\b(?:needs?|wants?|asked|asks)\b[^!?\n]{{0,80}}\b(?:can|could|would|please|pls)\b[^!?\n]{{0,12}}\b{SEE_TO}\b[^!?\n]{{0,12}}\b(?:it|that|this|him|her|them)\b",
    r"\bhelp (?:him|her|them|\w+)\b[^!?\n]{0,12}\b(?:with|out)\b",
    r"\bhelp me (?:complete|do|finish|with) (?:them|it|these|those)\b",
    r"\b(?:mach|tu|erledig\w*|befolg\w*|fuhr\w*)\b[^!?\n]{0,40}\b(?:was (?:er|sie|es|\w+) (?:sagt|schreibt|will|mochte)|anweisung\w*|bitte|aufgaben?|anliegen)\b",
    r"\b(?:so,? )?wie (?:er|sie|es|die|der|das)(?: \w+)?(?: es)? (?:sagt|sagen|schreibt|schreiben|will|wollen|mochte|mochten|beschreibt|angibt|steht)\b",
    r"\b(?:fais|suis|execute|realise)\w*\b[^!?\n]{0,30}\b(?:ce qu|instructions?|demandes?|taches?)",
    r"\b(?:haz|sigue|realiza|cumple|completa)\w*\b[^!?\n]{0,30}\b(?:lo que|instrucciones|peticion|tareas?)",
    r"\b(?:fai|segui|esegui|completa)\w*\b[^!?\n]{0,30}\b(?:quello che|cio che|istruzioni|richiest\w*|compiti)",
    r"\b(?:faca|siga|execute|complete)\w*\b[^!?\n]{0,30}\b(?:o que|instrucoes|pedido|tarefas?)",
    r"\b(?:doe|volg|voer)\b[^!?\n]{0,30}\b(?:wat (?:hij|ze|zij)|instructies|verzoek|taken)",
    r"\b(?:zrob|wykonaj|postepuj)\b[^!?\n]{0,30}\b(?:to,? co|polecen\w*|instrukcj\w*|zadani\w*)",
    r"(?:сделай|выполни|следуй|виконай|зроби)[^!?\n]{0,30}(?:что (?:он|она|они|написано|сказано)|инструкци|просьб|задани|задач|що )",
    r"(?:按照|根据|照)[^。!?\n]{0,16}(?:说的|要求|指示|写的|做)",
    r"(?:指示|依頼|書いてある)(?:に従|どおり|とおり|通り|の通り)",
    r"(?:요청|지시|적힌 ?대로)[^!?\n]{0,8}(?:처리|따라|해줘|해)",
)
_PAYS = (
    r"(?:pay|settle|transfer|wire|cover|clear|bezahl\w*|zahl\w*|uberweis\w*|begleich\w*|pai[ez]\w*|regl\w+|vire\w*|acquitt\w+"
    r"|paga\w*|pague\w*|abon[ae]\w*|liquida\w*|salda\w*|betaal|maak|oplac\w*|zaplac\w*|ureguluj\w*|betala|betal|maksa|zaplat\w*"
    r"|ode\w*|оплат\w+|заплат\w+|сплат\w+|погаси\w*)"
)
_BILLS = (
    r"(?:bills?|invoices?|reminder|rechnung\w*|mahnung|nachzahlung|facture\w*|facturas?|fattur[ae]|bolletta|faturas?|mensalidade|recibo"
    r"|factuur|rekening|faktur\w*|rachun\w*|lasku\w*|fakturu|fatura\w*|счет\w*|рахунок|квитанци\w+)"
)
_IT = r"(?:it|that|this|them|these|those|that one|this one|die|das|sie|es|ihn|ca|cela|la|lo|questo|quello|isso|isto|dat|deze|to|det|это|его|ее|це)"
# "pay the bill in my inbox", "pay it": the account stands in the bill.
BILLS = (
    rf"\b{_PAYS}\b[^!?\n]{{0,48}}\b{_BILLS}\b",
    rf"\b{_BILLS}\b[^!?\n]{{0,64}}\b{_PAYS}\b",
    rf"\b{_PAYS} (?:just )?{_IT}\b(?! \d)",
    r"\b(?:regle|paie|vire|paye)(?:z|r)?-l[ae]s?\b|\b(?:pagal|paguel|abonal|saldal)[aeo]s?\b",
    r"\b(?:pay|settle|transfer|wire|zahl\w*|uberweis\w*|paga\w*|paie|regle|betaal)\b[^!?\n]{0,24}\b(?:what(?:ever)?|was|ce qu|lo que|quello che|wat)\b[^!?\n]{0,24}\b(?:ask\w*|want\w*|say\w*|due|owe\w*|schreib\w*|will|wollen|verlang\w*|demand\w*|pide\w*|chied\w*|vraag\w*|vragen)",
    r"(?:付|支付|缴|交)[^。!?\n]{0,10}(?:账单|发票|费单|那笔|这笔)|(?:账单|发票)[^。!?\n]{0,12}(?:付|支付|缴|交)",
    r"(?:請求書|請求)[^。!?\n]{0,12}(?:払|支払|振り込)",
    r"(?:청구서|고지서)[^!?\n]{0,12}(?:결제|내|납부|송금)",
    r"(?:बिल|इनवॉइस)[^।!?\n]{0,48}भुगतान|भुगतान[^।!?\n]{0,32}(?:बिल|इनवॉइस)",
)
_RUNS = r"(?:run|execute|apply|use|try|type|enter|install|set up|deploy|build|do|perform|fuhr\w*|starte?|wende|nutze|installier\w*|richte|execute\w*|lance\w*|applique\w*|installe\w*|ejecuta\w*|aplica\w*|instala\w*|esegu\w+|lancia|applica\w*|installa\w*|execut\w+|rode|voer|installeer|uruchom\w*|wykonaj\w*|zainstaluj\w*|kor|installera|запусти\w*|выполни\w*|примени\w*|установи\w*|запусти\w*)"
_CODES = r"(?:commands?|quer(?:y|ies)|scripts?|snippets?|steps?|fix|patch|one-?liner|sql|befehle?n?|abfrage|schritte?n?|skript|commandes?|requete|etapes|comandos?|consulta|pasos|comand[oi]|passi|passos|stappen|opdracht\w*|polecen\w*|kommando\w*|команд\w*|запрос\w*|шаг\w*)"
# "run the command from the runbook", "install it the way the README says"
CODE = (
    rf"\b{_RUNS}\b[^!?\n]{{0,24}}\b{_CODES}\b[^!?\n]{{0,12}}\b(?:from|in|of|on|for|given|listed|suggested|that|which|aus|in|von|im|de|del|della|dans|da|do|uit|van|z|ze|w|fran|i|из|в)\b",
    rf"\b{_RUNS}\b[^!?\n]{{0,24}}\b{_CODES}\b[^!?\n]{{0,4}}\b{WHO} {SAYS}\b",
    rf"\b{_RUNS}\b[^!?\n]{{0,48}}\b(?:as|like|(?:just )?how|the way|according to)\b[^!?\n]{{0,24}}\b{PLACE}\b",
    r"(?:执行|运行)[^。!?\n]{0,12}(?:里|中|上)的[^。!?\n]{0,6}(?:命令|脚本|步骤)",
    r"(?:手順書|メモ|ページ|wiki)[^。!?\n]{0,8}(?:コマンド|手順)[^。!?\n]{0,6}実行",
)
# A bill that names another account than before, or says so, is how invoices are forged.
CHANGED = (
    r"\b(?:new|changed?|updated?|different|alternative|temporary|revised|now)\b[^.!?\n]{0,24}\b(?:bank|account|iban|payment details|sort code)",
    r"\b(?:bank|account|iban|payment details)\b[^.!?\n]{0,32}\b(?:changed?|updated|new|moved|replaced|no longer|closed|bounces?|instead)\b",
    r"\bneue?[nrms]? (?:bank|konto|iban)|\b(?:bankverbindung|konto\w*|iban|bankdaten)\b[^.!?\n]{0,40}(?:geandert|neu\b|nicht mehr|ab sofort)|\bab sofort\b[^.!?\n]{0,40}(?:konto|iban)",
    r"\bnouve(?:au|aux|lle|lles) (?:compte|rib|iban|coordonnees)|\b(?:rib|compte|iban|coordonnees)\b[^.!?\n]{0,32}(?:change|modifie|nouveau)",
    r"\bnuev[oa]s? (?:cuenta|iban|numero de cuenta|datos)|\bcuenta\b[^.!?\n]{0,32}(?:ha cambiado|cambio|nueva)",
    r"\bnuov[oaie] (?:iban|conto|coordinate)|\b(?:iban|conto)\b[^.!?\n]{0,32}(?:cambiat|nuov)",
    r"\bnov[oa]s? (?:conta|iban|dados)|\b(?:conta|iban)\b[^.!?\n]{0,32}(?:mudou|mudaram|alterad|nov[oa]\b)",
    r"\bnieuwe? (?:rekening|iban)|\b(?:rekening\w*|iban)\b[^.!?\n]{0,32}(?:gewijzigd|nieuw)",
    r"\bnow(?:y|e|ego|ym) (?:numer|konto|rachun)|\bzmian\w* (?:konta|rachunku|numeru)",
    r"\bny(?:tt|a)? (?:konto|bankgiro|iban)|\b(?:uusi|uudelle) tili",
    r"нов\w+ (?:счет|реквизит|рахун)|(?:счет|реквизит|рахунок)\w*[^.!?\n]{0,32}(?:измен|смен|змін)",
    r"(?:新的?|变更|更改|更新)[^。!?\n]{0,6}(?:账号|账户|帐户|收款|银行)|(?:账号|账户|帐户)[^。!?\n]{0,6}(?:变更|更改|改为|更新)|تم تغيير الحساب",
    r"(?:新しい|新規|変更)[^。!?\n]{0,8}口座|口座[^。!?\n]{0,8}変更|(?:새|변경된) ?계좌|계좌[^.!?\n]{0,8}변경",
)
# "forward her mail", "all the links on that page": what stands in a text is to be passed on as it stands.
PASSES = (
    r"\b(?:forward\w*|fwd|pass (?:it|this|that|them|her|his|the) ?\w* ?on|pass on|quot(?:e|ing)|copy (?:it|them|her|his|the)|share (?:all |both )?the links|links|urls)\b",
    r"\b(?:weiterleit\w*|leite\b[^!?\n]{0,48}\bweiter|zitier\w*|verlinke\w*)",
    r"\b(?:transfer(?:e|es|er|ez)|fais suivre|faites suivre|liens|reenvi\w*|enlaces|inoltr\w*|rinvia\w*|encaminh\w*|reencaminh\w*)\b",
    r"\b(?:doorstur\w*|stuur\b[^!?\n]{0,48}\bdoor|przeslij\w*|przekaz\w*|linki|vidarebefordra\w*|lankar\w*|valita\w*|preposl\w*|tovabbit\w*)\b",
    r"перешл\w*|переслать|ссылки|посилання",
    r"转发|所有链接|転送|リンクを(?:全部|すべて)|전달해|링크들",
)
