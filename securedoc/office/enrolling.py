"""Enrols an officer: the security officer and one more, both in the ledger."""

from securedoc.core.entries import Act
from securedoc.crypto.passphrase import KdfCost
from securedoc.errors import KeyRefused, PolicyRefused
from securedoc.keyring import ceremony, enrolment
from securedoc.keyring.session import Session
from securedoc.office.office import Office
from securedoc.office.opening import commitments
from securedoc.office.trust import authority_certificate


def enrol(office: Office, person: ceremony.Person, second: Session | None, *, cost: KdfCost) -> int:
    """Enrol `person` and return the sequence number of the entry.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed, or not one who may.
        KeyRefused: the identifier is taken, or neither officer holds a key that the role needs.
        KeyUntrusted: a key of the second officer was exchanged.
    """
    office.permit("enrol")
    if second is None:
        raise PolicyRefused(
            "enrolling an officer needs a second officer",
            hint="add --second OFFICER; that officer's passphrase is asked too",
        )
    office.policy.may_confirm(office.ledger.trusted_officer(second.officer).role, "enrol")
    if any(one.id == person.id for one in office.ledger.officers()):
        raise KeyRefused(
            "there is an officer {officer} already",
            officer=person.id,
            hint="choose another identifier; one is never given twice",
        )
    # The second officer was only unlocked: what is granted on must be the office's own keys.
    second.check_commitments(commitments(office.ledger.proven_entry(0).facts))
    enrolled = enrolment.enrol(
        person,
        security=office.session,
        second=second,
        office=office.card.office,
        authority_certificate=authority_certificate(office),
        now=office.now(),
        cost=cost,
    )
    consent = office.confirmation(Act.OFFICER_ENROLLED, None, enrolled.facts, second)
    # Inside the transaction: a power cut leaves key files that the ledger does not know, which the
    # next attempt replaces, but never an officer without keys.
    with office.write() as writing:
        entry = writing.append(Act.OFFICER_ENROLLED, None, enrolled.facts, consent)
        ceremony.write(enrolled.files, office.place.keyring)
    return entry.sequence
