"""What happened in a recording: tables of calls and of speakers, from the scores of utterances."""
