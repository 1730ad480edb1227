"""Files, Parquet tables, outputs and run records, on a local disk or in an object store."""
