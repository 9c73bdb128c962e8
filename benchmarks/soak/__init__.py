"""The soak: a fleet under a modest load, faults in a seeded order, and a judge who has written everything down.

command   the page to read: ground, people and faults together, then the judgement
ground    what stands: nginx, three instances, PostgreSQL, two Redis servers and the road to them
people    what learners do, and what they are answered
faults    what is broken, and mended again
record    what is written down
judge     what was promised, held against the record; a function
"""
