"""The page to work in: calls listed, searched, heard and labelled in a browser of this machine."""
