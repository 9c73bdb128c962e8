"""What a release consists of, and the order in which it becomes visible: pure planning for ``builder.io.deploy``.

item        a manifest as the objects a target shall hold, with final headers
layout      where they stand: the served area and the state area
record      the one document that says what is live, kept, or half done
retention   which releases stay usable
survey      what certainly stands at each key, and what has to be asked
operation   one thing to do, and its phase
in_place    the plan where pages are replaced one by one
versioned   the plan where one pointer switches the whole site
purge       what the CDN has to forget
references  what a page names
identity    ids that learners' progress hangs on
health      what the monitor thinks of its probes
"""
