//! Connections, transactions, SQL types, schema and migrations.
