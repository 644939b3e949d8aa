"""Lists every command: its name, the module it is in, and one line of help."""

from typing import Final

from securedoc.cli.groups import branch, leaf

COMMANDS: Final = {
    "init": leaf("Make a vault: the key ceremony.", "securedoc.cli.init"),
    "status": leaf("What waits, what is due, how the vault stands.", "securedoc.cli.status"),
    "clock": branch(
        "The machine's clock, which no network sets.",
        {
            "show": leaf("Say what the clock says, beside the last entry.", "securedoc.cli.clock"),
            "confirm": leaf("Two officers say that the clock is right.", "securedoc.cli.clock"),
        },
    ),
    "lock": leaf("Have every open editor and viewer save and close.", "securedoc.cli.lock"),
    "officer": branch(
        "The people of the office and their roles.",
        {
            "list": leaf("List the officers.", "securedoc.cli.officer"),
            "add": leaf("Enrol an officer; another one confirms.", "securedoc.cli.officer"),
        },
    ),
    "keys": branch(
        "Keys that sign: certificates, tokens.",
        {
            "list": leaf("List the certificates and the tokens.", "securedoc.cli.keys"),
            "token": branch(
                "Signing tokens (PKCS#11).",
                {
                    "add": leaf("Make a plugged-in token known; two officers.", "securedoc.cli.token"),
                    "remove": leaf("Sign with a token no more; two officers.", "securedoc.cli.token"),
                },
            ),
        },
    ),
    "trust": branch(
        "Outside authorities whose signatures are believed.",
        {
            "add": leaf("Trust an authority's certificate; two officers.", "securedoc.cli.trust"),
            "list": leaf("List what is trusted.", "securedoc.cli.trust"),
            "remove": leaf("Trust one no more; two officers.", "securedoc.cli.trust"),
            "crl": branch(
                "Revocation lists.",
                {"add": leaf("Take in a list that came on a stick.", "securedoc.cli.crl")},
            ),
        },
    ),
    "policy": branch(
        "Policy packs: levels, numbers, books, who may do what.",
        {
            "list": leaf("List the packs on this machine.", "securedoc.cli.policy"),
            "show": leaf("Show a pack, or the one this vault follows.", "securedoc.cli.policy"),
            "check": leaf("Check a policy file and name what is wrong in it.", "securedoc.cli.policy"),
            "adopt": leaf("Adopt another pack for this vault; two people.", "securedoc.cli.adopt"),
        },
    ),
    "draft": branch(
        "Drafts, before they have a number.",
        {
            "new": leaf("Begin a draft.", "securedoc.cli.draft"),
            "list": leaf("List the drafts.", "securedoc.cli.draft"),
            "show": leaf("Show what is known of a draft.", "securedoc.cli.draft"),
            "import": leaf("Take in a DOCX written elsewhere.", "securedoc.cli.draft"),
            "preview": leaf("Draw a page of a draft.", "securedoc.cli.draft"),
            "discard": leaf("Give a draft up.", "securedoc.cli.draft"),
            "edit": leaf("Edit a draft in memory, sealed at each save.", "securedoc.cli.edit"),
            "versions": leaf("List the versions of a draft.", "securedoc.cli.drafthistory"),
            "export": leaf("Take a draft out as a file; two people.", "securedoc.cli.drafthistory"),
        },
    ),
    "inspect": leaf("Say what a DOCX or PDF hides.", "securedoc.cli.inspect"),
    "finalize": leaf("Give a draft its number and freeze it as PDF/A.", "securedoc.cli.finalize"),
    "sign": leaf("Sign a final document, and verify what was signed.", "securedoc.cli.sign"),
    "issue": leaf("Register a signed document in the outgoing book.", "securedoc.cli.issue"),
    "void": leaf("Give up a document that has its number already.", "securedoc.cli.void"),
    "stamp": leaf("Put the stamp of a decision on a document; two officers.", "securedoc.cli.stamp"),
    "verify": leaf("Judge the signatures of a document or a PDF file.", "securedoc.cli.verify"),
    "receive": leaf("Register a document that came in.", "securedoc.cli.receive"),
    "search": leaf("Find documents, with or without diacritics.", "securedoc.cli.search"),
    "show": leaf("Show everything about one document.", "securedoc.cli.show"),
    "open": leaf("Look at a finished document in memory.", "securedoc.cli.open"),
    "export": leaf("Take a finished document out, to print it.", "securedoc.cli.export"),
    "print": branch(
        "Numbered copies on paper.",
        {
            "run": leaf("Print numbered copies; `print ID` means this.", "securedoc.cli.print"),
            "reconcile": leaf("Hold a count of sheets against a print.", "securedoc.cli.print"),
            "close": leaf("Close what no count explains; two officers.", "securedoc.cli.print"),
        },
        default="run",
    ),
    "copies": leaf("Say what became of each copy of a document.", "securedoc.cli.copies"),
    "copy": branch(
        "Single copies.",
        {
            "make": leaf("Enter copies made, in the number allowed.", "securedoc.cli.copymaking"),
            "spoil": leaf("Enter that a copy is spoiled.", "securedoc.cli.copies"),
            "identify": leaf("Name the printed copy that a scan shows.", "securedoc.cli.identify"),
        },
    ),
    "handover": leaf("Hand a copy over, with a receipt.", "securedoc.cli.custody"),
    "lend": leaf("Lend a copy until a day.", "securedoc.cli.custody"),
    "return": leaf("Enter that a copy came back.", "securedoc.cli.custody"),
    "carry": leaf("Let a copy be carried out; two officers.", "securedoc.cli.custody"),
    "holdings": leaf("List every copy that is out, and who has it.", "securedoc.cli.holdings"),
    "recall": leaf("Ask every copy that is out back.", "securedoc.cli.custody"),
    "level": branch(
        "Level of secrecy and term of a document.",
        {
            "change": leaf("Raise or lower a level; two officers.", "securedoc.cli.level"),
            "extend": leaf("Extend a term before it ends; two officers.", "securedoc.cli.level"),
            "declassify": leaf("End secrecy; two officers.", "securedoc.cli.level"),
            "told": leaf("Enter that a holder was told.", "securedoc.cli.level"),
        },
    ),
    "extend": leaf("Extend a term before it ends; two officers.", "securedoc.cli.level"),
    "declassify": leaf("End secrecy; two officers.", "securedoc.cli.level"),
    "paper": branch(
        "Sheets for the shredder.",
        {
            "list": leaf("List the sheets that wait; print the list.", "securedoc.cli.paper"),
            "destroyed": leaf("Enter that they went through it; two officers.", "securedoc.cli.paper"),
        },
    ),
    "form": branch(
        "Papers that go with documents; what each type looks like.",
        {
            "list": leaf("List the types and their model forms.", "securedoc.cli.form"),
            "sample": leaf("Draw the model form of a type.", "securedoc.cli.form"),
            "envelope": leaf("Draw the envelopes of a document.", "securedoc.cli.form"),
            "delivery": leaf("Draw the slip that goes along and comes back.", "securedoc.cli.form"),
            "proposal": leaf("Draw the form that proposes a level.", "securedoc.cli.form"),
            "stamps": leaf("Draw every stamp in its true size.", "securedoc.cli.form"),
        },
    ),
    "destroy": branch(
        "Documents that are no longer needed.",
        {
            "propose": leaf("Propose to destroy documents, with a council.", "securedoc.cli.destroy"),
            "decide": leaf("Decide a proposal; two officers.", "securedoc.cli.destroy"),
            "carry-out": leaf("Destroy what was decided, before witnesses.", "securedoc.cli.destroy"),
            "at-once": leaf("Destroy what would do harm if it stayed.", "securedoc.cli.destroy"),
            "report": leaf("Enter the report of an urgent destruction.", "securedoc.cli.destructions"),
            "list": leaf("List destructions and how far they are.", "securedoc.cli.destructions"),
            "show": leaf("Show one destruction.", "securedoc.cli.destructions"),
            "papers": leaf("Write the papers of the dossier.", "securedoc.cli.destructions"),
        },
    ),
    "request": branch(
        "Acts of two people that wait for the second.",
        {
            "list": leaf("List what waits for somebody's consent.", "securedoc.cli.request"),
            "approve": leaf("Consent to what another officer asked for.", "securedoc.cli.request"),
            "refuse": leaf("Refuse it, or take your own back.", "securedoc.cli.request"),
        },
    ),
    "book": branch(
        "The registers in their official columns.",
        {
            "show": leaf("Show a register.", "securedoc.cli.book"),
            "export": leaf("Write a register to be printed, signed, bound.", "securedoc.cli.bookfile"),
            "close": leaf("Close the book of a year; two officers.", "securedoc.cli.bookfile"),
            "import": leaf("Take over a register of a former year; two.", "securedoc.cli.bookimport"),
        },
    ),
    "due": leaf("List everything that is due.", "securedoc.cli.everythingdue"),
    "stats": leaf("Count documents by level over a period.", "securedoc.cli.stats"),
    "inventory": branch(
        "Stock-taking of the safe.",
        {
            "start": leaf("Begin: how many copies should lie there.", "securedoc.cli.inventory"),
            "tick": leaf("Tick copies that lie there.", "securedoc.cli.inventory"),
            "finish": leaf("End with a signed report of discrepancies.", "securedoc.cli.inventory"),
        },
    ),
    "media": branch(
        "The sticks that backups are written to.",
        {
            "register": leaf("Register a stick.", "securedoc.cli.media"),
            "check": leaf("Look whether a stick will do.", "securedoc.cli.media"),
            "list": leaf("List the registered sticks.", "securedoc.cli.media"),
            "hand": leaf("Enter who keeps a stick from now on.", "securedoc.cli.media"),
            "show": leaf("Show what is known of a stick.", "securedoc.cli.media"),
            "retire": leaf("Take a stick out of use.", "securedoc.cli.media"),
            "sanitise": leaf("Overwrite a retired stick, read it back, certify.", "securedoc.cli.media"),
            "destroyed": leaf("Enter that a stick was destroyed; two officers.", "securedoc.cli.mediumend"),
            "label": leaf("Draw the label of a stick.", "securedoc.cli.label"),
        },
    ),
    "backup": branch(
        "Backups on sticks: write, verify, restore.",
        {
            "run": leaf("Write a backup and read it back.", "securedoc.cli.backup"),
            "list": leaf("List the snapshots on a stick.", "securedoc.cli.backup"),
            "verify": leaf("Check a stick bit by bit; no key needed.", "securedoc.cli.backup"),
            "repair": leaf("Bring damaged bytes of a stick back.", "securedoc.cli.backup"),
            "prune": leaf("Remove snapshots that need not be kept.", "securedoc.cli.prune"),
            "restore": leaf("Restore a vault into an empty place.", "securedoc.cli.restore"),
            "drill": leaf("Rehearse a restore in memory.", "securedoc.cli.drill"),
            "due": leaf("Say when the next backup is due.", "securedoc.cli.due"),
            "residue": leaf("Name media that still open what was destroyed.", "securedoc.cli.residue"),
            "schedule": branch(
                "The machine's reminder: a timer, a notice, a rule for sticks.",
                {
                    "show": leaf("Show what the machine is told.", "securedoc.cli.schedule"),
                    "install": leaf("Have the machine remind of backups.", "securedoc.cli.schedule"),
                    "remove": leaf("Take the reminder away.", "securedoc.cli.schedule"),
                },
            ),
        },
    ),
    "kit": branch(
        "The sheet for the safe.",
        {
            "emergency": leaf("Draw the sheet that a stranger restores with.", "securedoc.cli.kit"),
            "check": leaf("Say whether a sheet is the last one made.", "securedoc.cli.kit"),
        },
    ),
    "ledger": branch(
        "The history that cannot be rewritten.",
        {
            "entries": leaf("List the entries.", "securedoc.cli.ledger"),
            "verify": leaf("Prove that nothing was changed or removed.", "securedoc.cli.ledger"),
            "checkpoint": leaf("Print the signed head, to keep outside.", "securedoc.cli.ledger"),
            "prove": leaf("Write a proof of one entry.", "securedoc.cli.ledger"),
            "witness": leaf("Cosign the head as a witness.", "securedoc.cli.witness"),
        },
    ),
    "guard": branch(
        "The machine: air gap and hardening.",
        {"check": leaf("Look at this machine and say what is missing.", "securedoc.cli.guard")},
    ),
    "audit": branch(
        "Checks of everything, with a report.",
        {
            "run": leaf("Run every check on the vault.", "securedoc.cli.audit"),
            "media": leaf("Check a stick alone, without vault or key.", "securedoc.cli.audit"),
        },
    ),
    "shred": leaf("Overwrite and remove files; say what that promises.", "securedoc.cli.shred"),
    "traces": branch(
        "Remnants of documents on this machine.",
        {
            "scan": leaf("Look for remnants of documents; change nothing.", "securedoc.cli.traces"),
            "clean": leaf("Remove what is certain, ask about the rest.", "securedoc.cli.traces"),
        },
    ),
    "recover": leaf("Finish or undo what a crash left.", "securedoc.cli.recover"),
}
