"""One name, as it is spelled by whoever writes it down, from other scripts and languages.

One line a name, given or family, its spellings behind it.
"""

from typing import Final

SPELLINGS: Final = """
abdul: abdel abdal abdool
abdullah: abdulla abdallah abdellah
adam: aadam
ahmed: ahmad ahmet ahmat axmed achmed
aisha: ayesha aysha aishah ayisha aicha aysa aiysha
aleksandr: alexander aleksander alexandre alessandro alejandro oleksandr aleksandar alexandr
aleksandra: alexandra oleksandra alessandra alejandra
aleksei: alexei alexey oleksiy aleksey alexi
ali: aly
allen: allan alan
amina: ameena aminah
amir: ameer
amit: ameet
anastasia: anastasiya anastassia
andrei: andrey andriy andrej
anna: ganna
anwar: anwer
asif: aasif
aslam: asslam
aziz: azeez
bailey: baily bayley
bashir: basheer
begum: begam
bilal: belal
bogdan: bohdan
brown: browne
catherine: katherine kathryn cathryn katharine catharine kathrine catherin catrin
choudhury: chowdhury chaudhry chaudhary choudhary choudry chaudhuri chowdhry choudhery chaudry
christina: kristina krystyna cristina khristina
christopher: kristofer kristopher cristopher
clark: clarke
davies: davis
deborah: debra debora
dmitri: dmitry dmitriy dimitri dmytro dimitry
ekaterina: yekaterina jekaterina kateryna katerina
elena: yelena olena helena jelena
elizabeth: elisabeth elizabet
evgeny: yevgeny evgeniy yevhen evgeni
faisal: faysal feisal faizal
farooq: faruq farouk faruk farook
fatima: fatimah fatema fatemeh fathima fatma fatimeh faatimah
gareth: garreth
geoffrey: jeffrey
george: jorge georgios jerzy giorgi georg georgi
giorgos: yiorgos georgios
graham: graeme grahame
hamid: hameed
hamza: hamzah hamse
haruna: haruun
hassan: hasan hassaan xasan
hussain: hussein husain hossain hussien husayn hossein husein huseyin xuseen hussin
ibrahim: ebrahim ibraheem brahim ibrahem
iqbal: eqbal
iryna: irina iryina
islam: eslam
ismail: ismael esmail ismaeel
jacqueline: jaqueline jacquelyn
jamal: gamal jamaal
jamila: jameela djamila
john: jon
johnson: jonson
jonathan: jonathon johnathan
joseph: yusuf josef jozef
julia: yulia iuliia yuliya
kamal: kamaal
karim: kareem
kathleen: cathleen
kaur: kour
khadija: khadijah khadeeja hadija khadeja
khalid: khaled
khan: kan
laila: leila layla leyla
lesley: leslie
lindsay: lindsey
lowe: low
lyudmila: ludmila liudmyla ludmyla
macdonald: mcdonald
mahmood: mahmoud mahmud mehmood
maksim: maxim maksym
marcus: markus
mark: marc
maryam: mariam mariyam meryem marium miriam
matthew: mathew
megan: meghan
miah: miya
michael: micheal mikhail mykhailo michal miguel
mohammed: muhammad mohamed mohammad muhammed mohamad mohamud mohamoud muhammet mehmet mohd md
mohammed: muhamed muhamad mahammed maxamed
muller: mueller
musa: moosa moussa
mustafa: mustapha moustafa mustafah
nadia: nadiya nadja
nasir: naseer nasser naser
natalia: natalya nataliya natalja nathalia
nguyen: nguen
nicholas: nicolas nikolas
nicholson: nicolson
nicola: nichola
nikolai: nikolay mykola nikolaj
noor: nur nour
obrien: obrian
olga: olha
omar: umar omer umer
oneill: oneil
osman: usman uthman othman cusmaan
patel: patil
pearce: pierce
philip: phillip
phillips: philips phillip
pyotr: petro piotr
qasim: kasim qaasim
rachel: rachael racheal
rahman: rehman rahmaan
rashid: rasheed rashed
rebecca: rebekah rebeka
reid: reed read
said: saeed saed
salim: saleem selim
salma: selma
samira: sameera
sarah: sara sarra
sean: shaun shawn
sergei: sergey serhiy sergiy serhii
shah: sha
shaikh: sheikh shaykh sheik shaik shekh
sharif: shareef cherif sherif
siddiqui: siddiqi siddique siddiq sidiqi siddiquee
simpson: simson
singh: sing
smith: smyth smythe
sophia: sofia sofiya
stephen: steven stefan stephan
stephens: stevens
stephenson: stevenson
stuart: stewart
sulayman: sulaiman suleiman suleyman soliman suleman
susannah: susanna suzanna
svetlana: svitlana
syed: sayed sayyid sayeed saiyed
tariq: tarik tareq
tatiana: tatyana tetiana tetyana
taylor: tailor
teresa: theresa tereza
thompson: thomson tomson thomsen
tracy: tracey
uddin: udin
ulyana: uliana
vasily: vasyl vasili wasyl
viktor: victor
viktoria: victoria viktoriya viktoriia
volodymyr: vladimir wladimir
wahid: waheed
yasmin: yasmine jasmin yasmeen yasemin jasmine
yousef: yusuf yousuf youssef yusef yousaf joseph yoosuf jusuf yousif
yuri: yuriy iurii juri
zahra: zahrah zehra
zainab: zaynab zeinab zeynep zainub zeynab
zhang: chang
"""
