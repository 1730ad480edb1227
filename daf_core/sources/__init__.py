"""What can be ingested: tables, folders and corpora as recordings with checked rows."""
