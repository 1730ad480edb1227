"""From the cues of a file to utterances: order, times, repeats, speakers within the text."""
