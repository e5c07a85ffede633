"""Words for scales, currencies and percentages, in the languages of trade."""


def _table(lines: str) -> dict[str, str]:
    made = {}
    for line in lines.strip().splitlines():
        name, _, words = line.partition(":")
        made.update(dict.fromkeys(words.split(), name.strip()))
    return made


def _words(lines: str) -> tuple[str, ...]:
    return tuple(lines.split())


_SCALE_WORDS = _table(
    """
    1e-2: cent cents centimes centesimi céntimos centavos cêntimos eurocent pence groszy rappen öre
    1e3: k milliers miles migliaia milhares thousand thousands thsd tsd tausend mil mille duizend tys tysięcy тыс тысяч tusen t千 千 千円
    1e4: 万 萬
    1e5: lakh lakhs lac l लाख
    1e6: m mn mio mill million millions millionen millón millones milhão milhões milione milioni miljoen miljon miljoner
    1e6 : mln мн млн миллион миллионов milyon 百万 百万円 mlj milj
    1e7: crore crores cr करोड़
    1e8: 億 亿 億円
    1e9: b bn bio bln billion billions mrd md mds milliarde milliarden milliard milliards miliardo miliardi miliardy miljard
    1e9 : miljarder mld миллиард млрд milyar bilhão bilhões 十億
    1e12: tn trillion trillions 兆 兆円 biljoen
    """
)
SCALES = {word: float(size) for word, size in _SCALE_WORDS.items()}
CURRENCIES = _table(
    """
    EUR: € eur euro euros
    USD: $ us$ usd dollar dollars dólar dólares dollaro dollari
    GBP: £ gbp pound pounds
    JPY: ¥ jpy yen 円
    CHF: chf fr franken francs franchi
    INR: ₹ inr rs rupee rupees
    BRL: r$ brl reais real
    PLN: zł pln złotych zloty
    SEK: sek
    NOK: nok
    DKK: dkk
    kr: kr kronor kroner
    CNY: cny rmb yuan 元
    KRW: ₩ krw won
    CAD: c$ ca$ cad
    AUD: a$ au$ aud
    RUB: ₽ rub руб рублей
    TRY: ₺ try lira
    pesos: peso pesos mxn
    """
)
PERCENT = frozenset(
    "% percent pct prozent v.h procent procents percento procenta % pourcent pourcents".split()  # noqa: SIM905
)
POINTS = frozenset("pp prozentpunkte prozentpunkten procentpunt procentpunten pts bps".split())  # noqa: SIM905
# What makes a figure without a sign a negative one.
NEGATIVE = _words(
    """
    loss losses lost deficit negative minus shortfall verlust verluste verlor fehlbetrag
    defizit negativ perte pertes perdu déficit négatif pérdida pérdidas perdió negativo
    perdita perdite prejuízo perda perdas verlies strata straty 損失 純損失 赤字 убыток used uses
    spent outflow outflows paid repaid invested abfluss ausgegeben utilisé dépensé gastó usó
    speso
    """
)
# Words of direction and of reckoning; long ones also as the beginning of their forms.
FALLS = _words(
    """
    fell fall falls declin decreas dropp drop drops down lower shrank shrink reduc cut less
    below slip slid sank gesunk sinkt fiel fallen rückg zurück gefallen weniger abnahm
    verringer reduzier baiss recul diminu chut inférieur bajó baja cayó caída disminu descen
    menos reduj calo calat diminuz scend scesa caiu queda reduz daald daalt gedaal gezakt
    afname spad mniej 減少 低下 減 lost verlor perdió perdu verloor
    """
)
RISES = _words(
    """
    rose rise rises risen grew grow grows growth increas climb up higher gain more above
    jump improv stieg steig gestieg gewachs wuchs zunahm zugenomm mehr erhöh anstieg wachs
    hauss augment progress croiss croît hausse supérieur subió sube subid aument crec creci
    más alza aumento cresc salit salì stijg steeg gesteg groei wzros więcej omhoog mais 増加 上昇 増
    """
)
DERIVES = _words(
    """
    total totals totalled together combined sum altogether overall average mean difference
    margin ratio share percent points gap change growth year-over-year yoy times double
    doubled triple half zusammen insgesamt summe gesamt durchschnitt differenz anteil
    veränderung mehr weniger ensemble totalis totalisent moyenne différence part variation
    écart juntos conjunto suma promedio media diferencia parte variación insieme somma
    totale differenza quota samen totaal gemiddeld verschil razem łącznie średnio różnica
    soma média diferença 合計 平均 差 割合 más more less plus moins più meno between zwischen entre
    tussen
    """
)
TOTALS = _words(
    """
    total totals totalled together altogether overall sum zusammen insgesamt summe gesamt
    ensemble totalis totalisent juntos conjunto suma insieme somma totale samen totaal razem
    łącznie soma 合計 総
    """
)
