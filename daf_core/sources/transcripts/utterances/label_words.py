"""Words that tell names of speakers and notes of sounds from speech."""

_SOUNDS = """
    applause applauding applauds audio background barking beep beeping beeps bell bells
    blank break breath breathing breathes buzzing cheering cheers chime chiming chuckle
    chuckles chuckling clap clapping claps clears clicking cough coughing coughs crickets
    cross-talk crosstalk crowd cry crying cries dial door exhales foreign gasp gasps gasping
    giggle giggles giggling groans groan grunts hold hums humming inaudible indiscernible
    indistinct inhales instrumental jingle laugh laughing laughs laughter mumbles mumbling
    murmurs music muffled noise noises overlapping pause pauses phone ringing rings scoffs
    screaming screams shouting shouts sigh sighing sighs silence silent singing sings
    sniffles sniffs snorts sobbing sobs sound sounds speaking speech static theme throat
    tone typing unclear unintelligible upbeat vocalizing voice-over whisper whispering
    whispers whistling yawn yawns yelling yells applaus applaudissements gelächter lachen
    lacht musik husten seufzt rires musique toux risas música aplausos risa risate musica
    applausi risos gargalhadas gelach muziek lacht applaus музыка смех аплодисменты 笑 笑い 笑声
    音楽 音乐 拍手 掌声 笑聲 音樂
"""
# What people and tools write in brackets beside the words.
SOUNDS = frozenset(_SOUNDS.split())

_ROLES = """
    agent customer caller client callee operator advisor adviser representative rep host
    guest interviewer interviewee moderator doctor patient nurse teacher student speaker
    narrator user assistant bot system support sales participant respondent counsel witness
    judge court attorney chair chairman president reporter clerk presenter panelist audience
    therapist employee manager kunde kundin berater beraterin agente cliente conseiller q a
"""
# What people are in a call, a trial or an interview.
ROLES = frozenset(_ROLES.split())

_NEVER = """
    note notes warning caution example examples tip tips rule rules ps fact facts update
    edit source sources reminder step part chapter section figure table total subject re
    date time title topic agenda summary translation lyrics disclaimer hint fyi ie eg http
    https ftp mailto result results point problem solution reason remember look listen so
    and but or well first second third fourth finally one two three then now yes no ok okay
    here this that these those meaning conclusion subtitles captions transcript transcribed
    ex cf number name address email phone important spoiler plus also because anyway thing
    things truth verdict bottom nota bene achtung hinweis
"""
# What stands before a colon and does not speak.
NEVER = frozenset(_NEVER.split())

_NEVER_FIRST = """
    a an my your his her its our their it this that these those there here we you i he she
    they what why how when where who which one two three and but so if in on at as for to
    not is are was were do does did can could will would should then now first second third
    last next let let's another some any all every each no yes just only with by from about
    i'm it's that's here's
"""
# What no name of several words begins with.
NEVER_FIRST = frozenset(_NEVER_FIRST.split())

_PARTICLES = """
    de da do dos das del della di du la le van von der den ter bin al el ibn of and y e und
    et zu
"""
# Parts of names that begin with no capital letter.
PARTICLES = frozenset(_PARTICLES.split())
