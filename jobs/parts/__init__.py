"""How the parts of a manifest are worked on: by Ray, or by processes of this machine."""
