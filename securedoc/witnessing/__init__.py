"""The auditor's own word on the ledger: cosignatures over checkpoints that only grew."""
