"""Who speaks when in a recording of one channel: windows of speech, clustered by voice."""
