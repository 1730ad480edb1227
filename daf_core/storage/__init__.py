"""Files, Parquet tables and runs, on a local disk or in an object store."""
