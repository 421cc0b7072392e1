"""Short forms of given names, as English and a few languages of our boroughs have them.

One line a name, its forms behind it. A form that stands behind several names may be any of them.
"""

from typing import Final

SHORT_FORMS: Final = """
abigail: abby abbie abi gail
abraham: abe
adelaide: addy
agnieszka: aga
albert: bert albie bertie
aleksandra: ola
alexander: alex alec alexandros xander sandy sasha al sascha
alexandra: alex alexa sandra sandy sasha lexi lexie
alfred: alf alfie fred
alison: ali
amanda: mandy manda
amelia: mel
anastasia: stacey stasia nastya ana
andrew: andy drew
angela: angie ang
ann: annie
anthony: tony ant
antonia: toni
arthur: art artie
augustus: gus
barbara: barb babs barbie
barnaby: barney
bartholomew: bart
beatrice: bea trixie
belinda: bel lindy
benedict: ben
benjamin: ben benji benny benjy
bernadette: bernie detta
bernard: bernie
bethany: beth
bradley: brad
brendan: bren
bridget: bridie biddy
bronislaw: bronek
bronwyn: bron
cameron: cam
caroline: caz carrie caro
cassandra: cass cassie
catherine: cath cathy cat kath kathy kate katie kitty kit katy cate
cecilia: celia cissy
charles: charlie chas chuck charley
charlotte: charlie lottie char
chelsea: chels
christina: chris chrissie tina chrissy
christine: chris chrissie tina chrissy
christopher: chris kit topher
clarence: clarrie
clifford: cliff
connor: con
constance: connie
cornelius: con neil corny
curtis: curt
cynthia: cindy
daniel: dan danny
danielle: dani danni
darren: daz dazza
daryl: daz
david: dave davey davie dai
deborah: deb debbie debs debby
denise: den
dennis: den denny
derek: del
desmond: des
diana: di
dimitrios: dimitris jimmy mitsos
dominic: dom
donald: don donny
dorothy: dot dottie dolly
douglas: doug dougie
duncan: dunc
edmund: ed eddie
edward: ed eddie ted teddy ned eddy
edwin: ed eddie
eileen: eily
eleanor: nell nellie ellie elly
elizabeth: liz lizzie lizzy beth libby bess bessie betsy lilibet
emily: em emmy
emma: em emmy
ernest: ernie ern
eugene: gene
euphemia: effie
evelyn: evie
ezekiel: zeke
felicity: flick fliss
ferdinand: ferdy
fiona: fi
florence: flo florrie flossie
frances: fran franny frankie
francis: frank frankie fran
frederick: fred freddie freddy rick
gabriel: gabe
gabriella: gabby gabi
gareth: gaz gary
gary: gaz gazza
geoffrey: geoff
georgina: georgie gina
gerald: gerry ged
gerard: gerry ged
gillian: gill jill
giovanni: gianni
giuseppe: beppe peppe pino
gordon: gordy
graham: gra
gregory: greg
grzegorz: grzesiek
guillermo: memo
gwendoline: gwen
harold: hal
harriet: hattie harry
helena: lena nell
henrietta: hettie etta
henry: hal hank
herbert: herb bert
hilary: hil
howard: howie
hubert: bert
hugh: hughie huw
ignacy: ignac
imogen: immy
irene: rene
isaac: ike zac
isabel: izzy bel issy bella isa belle
isabella: izzy bella issy
isadora: dora
jacob: jake jacky cob
jacqueline: jackie jacqui jacky
james: jim jimmy jamie jem
jane: janey
janet: jan
janice: jan
janine: jan
jasmine: jas jaz
jeffrey: jeff
jemima: jem mima
jennifer: jen jenny jenni jennie
jeremiah: jerry jez
jeremy: jerry jez jem
jerzy: jurek
jessica: jess jessie
joan: joanie
joanna: jo joann asia
joanne: jo
john: johnny jon johnnie
jonathan: jon jonny johnny jonty
joseph: joe joey jo
josephine: jo josie fifi
joshua: josh
joyce: joy
judith: judy jude judi
julia: jules
julian: jules
julie: jules
katarzyna: kasia
kenneth: ken kenny
kevin: kev
kimberley: kim kimmy
krzysztof: krzysiek krzys
laura: laurie
lawrence: larry laurie lawrie loz
leonard: len lenny
leslie: les
lillian: lil lilly
linda: lyn lindy
louis: lou
louise: lou
lucinda: cindy
lydia: liddy
lynda: lyn
madeleine: maddie maddy
magdalena: magda lena maggie
malcolm: mal malc
malgorzata: gosia malgosia
margaret: maggie meg peggy marge madge peg mags margie
maria: ria
marilyn: maz
marjorie: marge margie
martha: marty mattie
martin: marty
matilda: tilly tilda mattie
matthew: matt matty
maureen: mo
maurice: mo
maximilian: max
melanie: mel
melissa: mel missy lissa
michael: mick mike micky mickey mikey
michelle: shell shelly chelle
miranda: randy mandy
miriam: mim
montgomery: monty
mordecai: mordy
muriel: mu
natalia: nat tasha
natalie: nat
natasha: tasha nat
nathan: nate nat
nathaniel: nate nat
neville: nev
nicholas: nick nicky nico niko
nicola: nicky nikki nic
nicole: nicky nikki nic
nigel: nige
norman: norm
oliver: ollie olly noll
olivia: liv livvy ollie
oswald: ozzie
pamela: pam
patricia: pat patsy tricia trish patti patty
patrick: pat paddy
pauline: polly
penelope: penny nell
percival: percy
peter: pete
petronella: nella
philip: phil pip
philippa: pip pippa
phyllis: phyl
priscilla: cilla
prudence: prue
rachel: rach
raphael: rafe
raymond: ray
rebecca: becky becca bex beck becks
reginald: reg reggie
reuben: rube
richard: rick dick ricky rich richie dickie rickie
robert: bob rob bobby robbie bert robby rab
roberta: bobbie
roderick: rod roddy rick
rodney: rod roddy
roger: rodge
roland: rolly
ronald: ron ronnie
rosalind: ros rosie
rosemary: rose rosie
roxanne: roxy
rupert: rup
russell: russ
salvatore: sal toto
samantha: sam sammy sammie
samuel: sam sammy
sean: shauny
sebastian: seb bas
sidney: sid
silvester: sly
simon: si
siobhan: shiv
sophia: soph
stanislaw: staszek stan
stanley: stan
stefania: steffi
stephanie: steph steffi stephie
stephen: steve stevie ste
stewart: stu
stuart: stu
susan: sue susie suzie sukie
susannah: sue susie suzie zanna
suzanne: sue suzie suzy
sylvia: syl
tamara: tam tammy
tamsin: tam
terence: terry tel
teresa: terry tess tessa terri
thaddeus: tad
theodora: dora
theodore: ted teddy
theresa: terry tess tessa terri
thomas: tom tommy
timothy: tim timmy
tobias: toby
tomasz: tomek tom
trevor: trev
ursula: ursie
valerie: val
vanessa: ness nessa
verity: vee
veronica: ronnie roni
victor: vic
victoria: vicky vicki tori vic vickie
vincent: vince vinny vin
violet: vi
virginia: ginny
vivian: viv
vladimir: vova volodya
walter: walt wally
wilfred: wilf
wilhelmina: mina wilma
william: will bill billy liam willy willie wills
winifred: win winnie freda
winston: win
wojciech: wojtek
yevgeny: zhenya
zachary: zac zach zak
zbigniew: zbyszek
"""
"""Said for the longer name, and hardly ever given at birth beside it in one family."""

NOW_NAMES: Final = """
amelia: amy millie
ann: anna anne nancy anita hannah hanna nina
caroline: carol carolyn
catherine: karen kathleen kay kaitlin
daisy: margaret
eleanor: nora ellen elena helen
elizabeth: lily eliza lisa elsie bella isabel isabella betty liza
emma: emily
evelyn: eve eva
grace: gracie
harold: harry
henry: harry
jacob: jack james
jane: jean joan jenny janet janice sinead sian
john: jack ian sean evan owen ivan
laura: lauren
leonard: leo
lillian: lily lilian
lucas: luke
lucille: lucy
lucinda: lucy
lukasz: luke
margaret: daisy megan molly rita greta pearl
mary: molly polly may mollie minnie maria marie miriam maureen moira maura
mildred: millie
millicent: millie
nathaniel: nathan
sarah: sally sadie zara
sophia: sophie
theodore: theo
veronica: vera
violet: viola
"""
"""Once short forms or other tongues' forms; now names of their own, which two sisters may bear."""
