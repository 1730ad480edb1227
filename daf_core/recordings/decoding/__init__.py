"""Decoders: a file of any format as frames, from any frame on; as long as what decodes."""
