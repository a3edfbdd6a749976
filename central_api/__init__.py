"""The central API: customers, catalogue, ledger and the books of every till."""
