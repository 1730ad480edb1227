"""The functions behind the public names of `daf_core`, for people who write Python."""
