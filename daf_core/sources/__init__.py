"""What can be ingested: tables, folders and corpora, read as recordings with checked rows."""
