"""Words by which people ask for an effect, in the languages of the corpora. Data, no logic.

Stems of folded words (lower case, no marks on Latin letters); `_` stands for a space. A stem matches at
the beginning of a word, in scripts without spaces anywhere. `=` after a stem: the whole word; `~`: the
whole word, and not where an article makes it a noun; `!`: the whole word, and not before "me" or "us".
"""

from shield.policy.schema import Effect

READS = """
what which who whose when where why how is= are= was= were= does= did= has= have= summar list= show look check read find search
get= tell_me explain describe compare review count calculate display see= view analy translate browse any= anything
was= wer= wann= wo= warum wie= welche wieviel zeig lies lese such fasse zusammenfass erklar prufe vergleich gibt_es nenn
que= quel quelle quand ou= pourquoi comment= combien montre lis= lire cherche trouve resume= resumer explique verifie y_a-t-il
cual quien cuando donde por_que como= cuant muestr lee= leer busca encuentra resum= explica verifica revisa hay= dime
che= chi= quando= dove= perche come= quant mostr legg cerca trova riassum spiega controlla c'e= dimmi
qual quem quando= onde= por_que= mostre leia busque procure encontre resuma explique verifique diga
wat= wie= wanneer waar= waarom hoe= welke toon lees zoek vind vat_ leg_uit controleer vertel
co= kto= kiedy gdzie dlaczego jak= ile= jaki pokaz przeczytaj znajdz podsumuj sprawdz wyjasnij
ne= kim= nerede neden nasil kac hangi goster oku= bul= ozetle kontrol acikla
что кто когда где почему как= сколько какой какие какая покажи прочитай прочти найди проверь объясни есть_ли расскажи перескажи
що хто коли де= чому скільки який покажи прочитай знайди перевір поясни
vad= vem= nar= var= varfor hur= vilk visa= las= sok= hitta sammanfatta forklara hvad hvem hvornar hvor vis_
mita kuka milloin missa miksi miten kuinka nayta lue= etsi tiivista
co_je kdo= kdy= kde= proc= kolik ukaz precti najdi shrn
mit= ki= mikor hol= miert hogyan mutas olvas keres foglald
ce= cine cand= unde de_ce cum= cat= arata citeste gaseste rezuma
ما من= متى أين لماذا كيف كم= اقرأ لخص ابحث اعرض هل=
क्या कौन कब कहाँ क्यों कैसे कितन दिखाओ पढ़ खोज बताओ सारांश
什么 谁 哪 何时 为什么 怎么 多少 看看 查看 阅读 总结 搜索 解释 告诉我 有没有 吗
何 誰 いつ どこ なぜ どう いくら 見せて 読んで 教えて 要約 検索 調べ ですか ますか
무엇 뭐 누구 언제 어디 왜 어떻게 얼마 보여 읽어 찾아 요약 알려 확인 있나
gi= ai= khi_nao o_dau tai_sao bao_nhieu doc= tim= tom_tat
apa siapa kapan di_mana mengapa bagaimana berapa baca= cari= ringkas jelaskan
"""

ORDERS = """
do= does_what handle sort_out take_care deal_with carry_out follow= complete= fulfil fulfill achieve accomplish address= resolve fix=
make_sure help_me_with arrange organi process= proceed go_ahead finish act_on execute_his comply ensure settle_it manage whatever
erledig kummer mach= tu= befolg regle regel= organisier sorg= bearbeit fuhre_aus
fais= faites occupe gere regle_ suis= effectue execute= realise organise
haz= hazlo encarga gestiona sigue= realiza completa= organiza ocupate resuelve cumple
fai= occupati gestisci segui= esegui completa= organizza
faca= cuide= trate= siga= execute= complete= organize resolva
doe= regel= volg= voer_uit verzorg zorg=
zrob= zajmij wykonaj zalatw
yap= hallet ilgilen
сделай выполни займись разберись следуй исполни организуй
зроби виконай
gor= fixa= ordna= folj= gjor_ ordne=
办理 处理 照做 执行 完成 安排
やって 対応し 従って 実行して 手配
해줘 처리해 따라
"""

ASKS: dict[Effect, str] = {
    Effect.SEND: """
    send sending register= sign_up sign_me_up apply= enrol mail~ email~ e-mail~ message~ text~ post~ posting reply~ replying respond answer~ forward notify ping~ tell! inform
    let! write_to write_back write= announce broadcast dm~ contact~ remind ask!
    publish confirm fill_in fill_out rsvp congratul apologi wish= pass_on pass_it get_back_to check_with follow_up cc= copy_in loop_in drop_them
    drop_her drop_him shoot= say_hi say_hello say_that say_yes say_no say_thank say_sorry decline= tweet comment~ thank submit propose
    schick send= sende verschick mail= maile antwort schreib benachrichtig informier teil= mitteil sag! sagen poste= weiterleit leite melde= frag= frage= bitte_ erinner bestatig ausfull fulle_ gratulier lad= sag_ab
    envoi envoy ecri repond transmet previen= preveni inform= notifi dis= poste= publie rempli transfere rappelle demande= confirme felicite remercie excuse
    envia envie= manda mande= escrib respond contest avisa avise notific inform= reenvi di! dile publica rellen recuerd pregunt pide= pidele confirma felicit agradec
    invia= inviare manda= mandare scriv rispond avvisa avverti inoltr comunica compila di'= dille pubblic informa= ricorda chied conferma ringrazi
    envi escrev respond avis encaminh mand public preench diga= informe= lembr pergunt peca= confirme agradec fale=
    stuur verstuur mail= schrijf antwoord beantwoord meld= bericht zeg! zet_in plaats= doorstur laat_weten herinner vraag bevestig bedank
    wysl wyslij napisz odpowiedz odpisz powiadom przekaz przeslij poinformuj przypomnij zapytaj spytaj popros potwierdz podziekuj
    gonder yolla yaz= yanitla cevapla bildir ilet= haber_ver paylas sor= onayla tesekkur soyle
    отправ пошли= напиши ответь ответить сообщи перешли уведоми скажи= передай опубликуй напомни спроси попроси подтверди поблагодари ответ
    надішл відправ напиши відповід повідом перешли
    skicka skriv svara meddela vidarebefordra skriv= svar= send= besked
    laheta kirjoita vastaa ilmoita valita
    posli poslat napis odpovez odepis preposli oznam
    kuldj kuld= ird= valaszolj ertesit tovabbit
    trimite scrie raspunde anunta
    أرسل ارسل اكتب رد= أخبر بلغ
    भेज लिख जवाब सूचित बता_दो
    发送 发给 邮件通知 发到 发一 发个 发条 回复 写信 通知 转发 告诉他 告诉她 邮件给 发邮件 发消息 寄给 问 告诉 请他 请她
    メール 送って 送信 送り 返信 書いて 伝えて 知らせ 聞いて 尋ねて お願い 転送 連絡 投稿
    메일 보내 답장 전송 알려줘 전달 써줘 게시 물어 문의 답해
    gui= tra_loi nhan= bao_cho kirim balas beritahu sampaikan
    """,
    Effect.SHARE: """
    share~ sharing invite add= adding give_ grant= collaborat open_up publish transfer_ make_public hand_over enrol
    teil= teile freigeb gib= lade= lad= einlad fuge hinzufug beizieh ubertrag
    partage invite= inviter ajoute donne= acces=
    compart invit anade agrega agregu dale= acceso
    condivid invita= invitare aggiung dai= accesso
    compartilh convid adicion partilh
    deel= delen nodig_ uitnodig voeg= geef=
    udostepn zapros dodaj= podziel
    paylas davet ekle=
    поделись поделиться пригласи добавь доступ
    поділись запроси додай
    dela= bjud= lagg_till del= inviter tilfoj
    jaa= kutsu lisaa
    sdilej pozvi pridej
    oszd= hivd= adj= hozz
    شارك ادع أضف
    साझा आमंत्रित जोड़
    分享 共享 邀请 添加 加入 加到 授权
    共有 招待 追加 入れて
    공유 초대 추가
    chia_se moi= them= bagikan undang tambahkan
    """,
    Effect.PAY: """
    pay= paying payment transfer= transferring buy= buying rebuy purchase order~ book~ booking reserve= reservation refund renew checkout
    check_out subscribe donate tip~ send_money wire~ move_ settle top_up place_the place_an get_me grab_me reimburse reorder give_back return= credit~ compensat charge~ upgrade rent~ hire= taxi= uber= ticket_for
    tickets_for table_for room_for split=
    zahl bezahl uberweis kauf bestell buch= buche reservier erstatt gutschreib miete= hol= nimm= spende abonnier begleich
    paie= paye= payer regle= regler vire= virement achete acheter prends= verse= loue= restitu commande reserve= reserver rembours
    paga= pagar pagal abonal pague transfier transfer compra= comprar pide= reserva= reservar reembols devuelv devolv ingresa alquil cobra= abona
    paga= pagare pagal salda= saldal bonific trasfer compra= comprare ordina= prenota rimbors restitu versa= noleggi
    pague= pagar transfira compre= comprar encomend reserve= reembols devolv deposit alug
    betaal maak_over overmak koop= bestel boek= reserveer terugbetal stort= huur=
    zaplac przelej kup= zamow zarezerwuj zwroc oplac wplac wynajmij
    ode= odeme havale satin_al siparis rezerv iade yatir kirala gonder=
    оплати заплати переведи перечисли купи= закажи забронируй верни= возврат внеси арендуй вышли
    сплати заплати перекажи купи= замов забронюй
    betala kop= boka= bestall betal= kob= bestil overfor
    maksa osta= tilaa= varaa= siirra
    zaplat kup= objednej rezervuj preved
    fizess utald vegyel= vasarol rendelj foglalj
    plateste cumpara comanda= rezerva transfera
    ادفع حول اشتر احجز
    भुगतान खरीद बुक= ट्रांसफर
    支付 付款 付 转账 转给 汇款 买 购买 预订 订 退款 缴
    払って 支払 振り込 振込 買って 購入 予約 注文 返金
    결제 지불 송금 이체 구매 사줘 예약 주문 환불
    tra_tien chuyen_khoan mua= dat= bayar transfer= beli= pesan
    """,
    Effect.WRITE: """
    write= save= saving create= creating make= add= adding update edit change rename move= moving copy~ put= set= setting schedule book~
    plan~ draft append insert record~ store~ upload download push= pull= clone commit merge star= unstar fork organi mark~ tag~ label~
    assign fill= enter= log~ note~ reschedule file~ generate prepare replace correct rewrite convert compile arrange accept= sync close=
    open= apply= invite cart= register= post~ prefix tidy clean= extend shorten mute pin~ resolve rate= like= follow=
    schreib speicher erstell leg= anlege mach= fuge hinzufug ander andere aktualisier verschieb kopier setz= trag= eintrag plan= notier lade=
    markier erganz korrigier ersetz termin ubernimm vermerk
    ecri enregistre sauvegarde cree= creer fais= ajoute modifie change mets= mettre deplace copie planifie note= renomme corrige remplis
    escrib guarda crea= crear haz= anade agrega cambia actualiza modifica pon= mueve copia= programa anota renombra corrige apunta
    scriv salva= salvare crea= creare fai= aggiung modifica cambia aggiorna metti= sposta copia= pianifica segna= annota rinomina
    escrev salv cri faca= adicion alter mude= atualiz mova= copi agend anote= renome coloque
    schrijf bewaar maak= voeg= wijzig verander werk_bij zet= verplaats kopieer plan= noteer hernoem sla_op
    zapisz stworz utworz dodaj zmien zaktualizuj przenies skopiuj ustaw zaplanuj zanotuj wpisz
    yaz= kaydet olustur ekle degistir guncelle tasi= kopyala ayarla planla not_al
    запиши сохрани создай сделай добавь измени обнови перенеси скопируй поставь запланируй внеси переименуй
    запиши збережи створи додай зміни онови перенеси
    skriv spara skapa= lagg_ andra= uppdatera flytta satt= gem= opret tilfoj ret= flyt
    kirjoita tallenna luo= lisaa muuta paivita siirra merkitse
    napis uloz vytvor pridej zmen aktualizuj presun nastav zapis
    ird= mentsd keszits hozz= adj= modosits frissits allitsd jegyezd
    scrie salveaza creeaza adauga schimba actualizeaza
    اكتب احفظ أنشئ أضف عدل حدث غير
    लिख सहेज बना जोड़ बदल अपडेट
    写 保存 创建 新建 添加 修改 更新 改 移动 复制 设置 安排 记录 生成 放到 建 存 排
    書 保存 作成 作って 追加 変更 更新 移動 コピー 設定 登録 記録 入れて 予定
    써 저장 만들 추가 변경 수정 업데이트 옮겨 설정 등록 기록 잡아
    viet= luu= tao= them= sua= cap_nhat tulis simpan buat tambahkan ubah perbarui jadwalkan
    """,
    Effect.DELETE: """
    delete= deleting bin= toss= ditch= scrap= chuck= remove= removing erase clear= clearing clean= drop~ cancel trash discard purge unsubscribe get_rid kick= wipe
    empty= archive~ withdraw revoke take_down
    losch entfern storn kundig wirf= leer= absag
    supprim efface enleve retire annul vide=
    borra elimin quita cancel suprim vacia
    cancell elimin rimuov togli svuota annull
    apag exclu remov cancel delet elimin
    verwijder wis= annuleer gooi= schrap
    usun skasuj anuluj wyczysc
    sil= kaldir iptal temizle
    удали сотри убери отмени очисти
    видали прибери скасуй
    radera ta_bort avboka slet= fjern aflys
    poista peru= tyhjenna
    smaz odstran zrus
    torold tavolits mondd_le
    sterge elimina anuleaza
    احذف امسح ألغ أزل
    हटा मिटा रद्द
    删除 删掉 删 移除 取消 清空 清除 撤销
    削除 消して 取り消 キャンセル 外して
    삭제 지워 취소 제거
    xoa= huy= hapus batalkan
    """,
    Effect.EXEC: """
    run~ running rerun execute launch start= install build~ compile deploy restart reboot test~ kill= debug command~
    fuhr= starte= ausfuhr installier bau= teste=
    lance= execut demarre installe
    ejecut corre= lanza instala
    esegui avvia= lancia= installa
    execut= rode= rodar inicie instale
    voer= draai= start= installeer
    uruchom wykonaj zainstaluj
    calistir baslat kur=
    запусти выполни установи собери
    запусти виконай встанови
    kor= starta= installera
    aja= kaynnista
    spust= nainstaluj
    futtasd inditsd
    شغل نفذ
    चला
    运行 执行 启动 安装 部署 跑
    実行 起動 インストール 走らせ
    실행 설치 돌려
    chay= jalankan
    """,
    Effect.ACCOUNT: """
    log_in login sign_in sign_up register grant= revoke enable disable unlock lock= reset= verify transfer= invite onboard offboard
    two-factor 2fa accept=
    freischalt sperr zurucksetz anmeld einlog inscri reinitialis registr restablec reimposta cadastr redefin
    zarejestruj zresetuj odblokuj сбрось разблокируй зарегистрируй скинь
    重置 登录 注册 解锁 リセット ログイン 登録 초기화 로그인 가입
    """,
    Effect.MEMORY: """
    remember_ memor note~ keep_in_mind dont_forget don't_forget save= store= learn= from_now_on always= preference prefer
    merk= merke erinner vergiss_nicht notier ab_jetzt
    souvien rappelle retien= memorise note= desormais
    recuerda= acuerdate memoriza anota guarda=
    ricorda= memorizza tieni_a_mente annota
    lembre= memorize guarde= anote=
    onthoud bewaar noteer
    zapamietaj pamietaj
    hatirla unutma aklinda
    запомни помни учти
    запам
    kom_ihag husk=
    muista
    pamatuj zapamatuj
    emlekezz jegyezd
    تذكر احفظ
    याद
    记住 记下 记得 以后
    覚えて 記憶 メモ
    기억
    nho= ingat
    """,
}

# Nouns that make it a matter of accounts when something is to be changed, added or taken away.
ACCOUNTS = """
password passcode pw= credential account~ accounts permission access role= ssh token secret pin= webhook wifi wi-fi settings login user= username member key=
passwort kennwort konto zugang zugriff berechtig schlussel benutzer mot_de_passe acces utilisateur contrasena cuenta acceso permiso usuario
accesso permess utente senha conta= permiss usuario wachtwoord toegang gebruiker haslo konto dostep sifre hesap kullanici пароль аккаунт
доступ пользовател обліков losenord konto adgangskode bruger salasana tili= heslo jelszo fiok parola 密码 账号 账户 权限 用户 パスワード
アカウント 権限 ユーザー 비밀번호 계정 권한 사용자 mat_khau tai_khoan kata_sandi akun كلمة_المرور حساب صلاحية पासवर्ड खाता
"""

# After these a word that could be a verb is a noun.
_ARTICLE_WORDS = """
a an the my her his their your our its this that these those last previous next new old existing first second any each every no of in on
from via by with for current urgent latest same which whose 's der die das den dem des ein eine einen einem per meine mein
"""
ARTICLES = frozenset(_ARTICLE_WORDS.split())

# Words that undo the request after them.
NOT = """
not= don't dont= never= without= nicht kein nie= ohne ne= pas= sans= jamais sin= nunca non= senza mai= nao= sem=
niet geen zonder nie= bez= не= без= ни= inte= ej= ikke ala= nem= nu= لا= مت 不要 别 勿 ないで 말고 마세요
"""

# Words that stand in too many records to tell one from the others.
_COMMON_WORDS = """
the and for from with that this these those her his him she they them their its our your you are was were has have had will would could
should can may please thanks thank hello dear not but all any some one two three first last new old next same other more most than then
there here what which who whom when where why how into onto about after before over under out off per via also just only very too yes
email mail mails emails inbox message messages file files folder document documents page pages site website web account accounts user users
name names address addresses number numbers phone list item items order orders product products event events calendar meeting meetings task
tasks note notes ticket tickets issue issues comment comments repository repositories repo channel channels team group date day time today
tomorrow yesterday week month year morning afternoon evening january february march april may june july august september october november
december monday tuesday wednesday thursday friday saturday sunday com org net www http https example gmail html txt pdf csv json true false
none null read unread sent open closed status type title subject body text content description price total amount currency quantity github slack shopping information info password username invoice invoices request requests seems looks like call minutes
available recently currently actually really urgent latest newest recent public private
example
der die das und ist ich mir mich bitte mit von aus bei nach fur auf den dem des ein eine einen einer nicht auch noch wie was wer
le les des une est que qui pour dans sur avec par mon ton son nous vous merci plait
el los las una con por para del que mi tu su gracias favor
il gli una con per del della che mio tuo suo grazie
um uma com por para dos das que meu seu obrigado favor
het een van met voor dat wie mijn zijn graag
"""
COMMON = frozenset(_COMMON_WORDS.split())

# Words of somebody who speaks of more than they name.
_SEVERAL_WORDS = """
all every each both others other rest remaining everything everyone except but besides also too older newer alle anderen andere ubrigen
ausser sonst auch tous toutes autres reste sauf aussi todos todas otros otras resto excepto tambien tutti tutte altri altre resto tranne
anche outros outras exceto tambem allemaal andere rest behalve ook wszystkie inne reszta oprocz все остальные другие кроме также hepsi
diger haric 全部 其他 所有 除了 全て 他の 以外 모두 나머지 다른
"""
SEVERAL = frozenset(_SEVERAL_WORDS.split())
