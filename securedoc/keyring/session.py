"""An unlocked officer: what can be signed, opened and unwrapped until the session ends."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from securedoc.core.digests import Digest
from securedoc.core.people import Officer, OfficerId, PublicKeys, Role, RoleKey
from securedoc.core.secret import Secret
from securedoc.crypto import derive, hpke, signatures
from securedoc.errors import KeyRefused, KeyUntrusted
from securedoc.keyring.keyfile import Unsealed
from securedoc.keyring.signers import Cosigner, OfficerNoteSigner, key_name


class Session:
    """The keys of one officer in memory; a context manager that wipes them, as far as Python can."""

    def __init__(self, unsealed: Unsealed, role_keys: Mapping[RoleKey, Secret]) -> None:
        self._vault = unsealed.vault
        self._identity = unsealed.identity
        self._genesis = unsealed.genesis
        self._role_keys = dict(role_keys)

    def __repr__(self) -> str:
        return f"Session({self.officer})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    @property
    def vault(self) -> str:
        """Identifier of the vault that the keys belong to."""
        return self._vault

    @property
    def officer(self) -> OfficerId:
        """Whose keys these are."""
        return self._identity.officer

    @property
    def role(self) -> Role:
        """The role as the key file says it, sealed; what counts is what the ledger says."""
        return self._identity.role

    @property
    def name(self) -> str:
        """The officer's name; empty for the recovery quorum."""
        return self._identity.name

    @property
    def title(self) -> str:
        """The officer's position; may be empty."""
        return self._identity.title

    @property
    def public(self) -> PublicKeys:
        """The officer's public keys."""
        return self._identity.public

    @property
    def certificate(self) -> bytes:
        """The officer's certificate, DER."""
        return self._identity.certificate

    @property
    def genesis_pin(self) -> Digest:
        """What the digest of the ledger's first entry must be."""
        return self._genesis

    def holds(self, key: RoleKey) -> bool:
        """Tell whether this officer was granted a role key."""
        return key in self._role_keys

    def role_key(self, key: RoleKey) -> Secret:
        """Return a role key; it stays the session's, which wipes it.

        Raises:
            KeyRefused: this officer does not hold it.
        """
        if key not in self._role_keys:
            raise KeyRefused(
                "{officer} does not hold the {key} key",
                officer=self.officer,
                key=str(key),
                hint="ask an officer who does; role keys go with roles, not with permissions",
            )
        return self._role_keys[key]

    def check_commitments(self, commitments: Mapping[str, bytes]) -> None:
        """Compare every role key held with what the ledger's first entry committed to.

        An exchanged grant would make this officer seal documents to a stranger's key, or trust a
        stranger's ledger; it is refused before any role key is used for more than opening the ledger.

        Raises:
            KeyUntrusted: one is another key.
        """
        for name, key in self._role_keys.items():
            if commitments.get(name) != derive.commitment(key, name):
                raise KeyUntrusted(
                    "the {key} key granted to {officer} is not the one this vault was made with",
                    key=str(name),
                    officer=self.officer,
                    hint="somebody exchanged a grant: keep the keyring for the investigation, "
                    "then restore it from the last backup",
                )

    def check_enrolled(self, officer: Officer) -> None:
        """Compare the keys of this session with those that the ledger enrolled for its officer.

        A power cut in an enrolment leaves a key file that the ledger does not know, or another one.
        Whoever signed a checkpoint with it would leave a ledger that nobody can open.

        Raises:
            KeyUntrusted: they are other keys, another certificate, or another role.
        """
        mine = (self.officer, self.role, self.public, self.certificate)
        if mine != (officer.id, officer.role, officer.keys, officer.certificate):
            raise KeyUntrusted(
                "the key file of {officer} is not the one that was enrolled",
                officer=self.officer,
                hint="restore the keyring from the last backup",
            )

    def note_signer(self) -> OfficerNoteSigner:
        """Return the officer's signer of checkpoints."""
        return OfficerNoteSigner(
            key_name(self.vault, self.officer), self._identity.private.ed25519, self.public.ed25519
        )

    def cosigner(self) -> Cosigner:
        """Return the officer's post-quantum cosigner, for checkpoints that leave the machine."""
        return Cosigner(key_name(self.vault, self.officer), self._identity.private.mldsa44)

    def witness(self) -> Cosigner:
        """Return the officer's cosigner as a witness: under a name that nothing else is signed with."""
        return Cosigner(f"{key_name(self.vault, self.officer)}/witness", self._identity.private.mldsa44)

    def confirm(self, proposal: bytes) -> bytes:
        """Sign a colleague's proposal as its second officer, with Ed25519."""
        return signatures.ed25519_sign(self._identity.private.ed25519, proposal)

    def open_for_me(self, untrusted_sealed: bytes, info: bytes) -> Secret:
        """Open what was sealed to this officer.

        Raises:
            KeyUntrusted: it was sealed to another, for another purpose, or altered.
        """
        return hpke.open_sealed(self._identity.private.hpke, untrusted_sealed, info)

    def certificate_key(self) -> Secret:
        """Return the private key of the officer's certificate, PKCS#8; it stays the session's."""
        return self._identity.private.certificate_key

    def wipe(self) -> None:
        """Overwrite every key; the session is of no use afterwards."""
        self._identity.private.wipe()
        for key in self._role_keys.values():
            key.wipe()
