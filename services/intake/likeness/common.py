"""Names so common that two people who share them have little in common.

About one in 250 or more bears each, in England or in one of the communities of our boroughs. The
lists are ours, made from what is generally known, and need no more than a rough boundary: what is
missing here counts for a little too much. All in the spelling of the tables of forms.
"""

from typing import Final

_GIVEN: Final = """
aaron abdul abdullah abigail adam adrian ahmed aisha alan aleksandr aleksandra ali alice alison
amanda amelia amina amy andrew angela ann anna anne anthony barbara ben benjamin brian bilal
callum carol caroline catherine charles charlie charlotte chloe christina christine christopher
claire clare colin connor craig daniel darren david dawn deborah denise diane donna dorothy
dylan edward eleanor elena elizabeth ella ellie emily emma eva evelyn farah fatima fiona frances
francis freya gareth gary geoffrey george gillian grace graham hamza hannah harry hassan heather
helen henry hussain ian ibrahim isabella isla jack jacob jacqueline jake james jamie jane janet
jasmine jason jean jennifer jessica joan joanna joanne john jonathan jordan joseph joshua joyce
julia julie karen katie keith kelly kenneth kevin khadija kieran kim laila laura lauren leah lee
leo leon lesley lewis liam lily linda lisa louise lucas lucy luke lynn margaret maria mark
martin mary maryam matthew megan melissa mia michael michelle mohammed molly muhammad nathan
natalie nicholas nicola nicole nigel noah olivia oliver omar osman pamela patricia patrick paul
pauline peter philip rachel raymond rebecca richard robert roger ronald rosie ryan said sally
samantha samuel sandra sarah scott sean sharon sheila shirley simon sophia sophie stephanie
stephen stuart susan syed sylvia tariq teresa thomas tracy tyler valerie victoria wayne wendy
william yasmin yousef yvonne zahra zainab zara zoe
"""

_FAMILY: Final = """
abdi abdullah adams ahmed akhtar ali allen anderson aziz bailey baker barker begum bell bennett
bibi brown butler campbell carter chapman chen choudhury clark collins cook cooper cox davies
davis dixon edwards ellis evans foster fox gill grant gray green griffiths hall harris harrison
harvey hassan hill holmes hughes hunt hussain hussein ibrahim iqbal islam jackson james jenkins
johnson jones kaur kelly khan king knight lee lewis li liu lloyd malik marshall martin mason
matthews mehmood miah miller mills mitchell mohammed moore morgan morris murphy murray nguyen
omar owen palmer parker patel pearce phillips popa powell price rahman reid richards richardson
roberts robinson rogers rose russell scott shah shaikh shaw siddiqui simpson singh smith
stephens stewart stuart syed taylor thomas thompson turner uddin walker walsh wang ward watson
webb white wilkinson williams wilson wood wright young yousef zhang
"""

COMMON_GIVEN: Final = frozenset(_GIVEN.split())
COMMON_FAMILY: Final = frozenset(_FAMILY.split())
