//! Typed, versioned documents: snapshots, transactions, watch; embedded and memory engines.
