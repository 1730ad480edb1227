"""Numbers and addresses in words are replaced by marks; marks are no words."""
