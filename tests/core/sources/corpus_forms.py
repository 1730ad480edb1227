"""Small corpora in the forms in which real ones are handed round, with made-up contents.

No file of a real corpus can be had for tests, so these follow what is documented and what the
corpora's own tools read and write: see each reader in daf_core/sources/corpora.
"""

import json
import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import soundfile as sf

TEXT_WIDTH, AUDIO_WIDTH, STEPS = 6, 4, 8
METADATA = (
    "root name", "computational sequence description", "dimension namescomputational sequence "
    "version", "alignment compatible", "dataset name", "dataset version", "creator", "contact",
    "featureset bib citation", "dataset bib citation",
)  # fmt: skip


def mmsa_split(split: str, videos: int, rng: np.random.Generator, aligned: bool) -> dict[str, Any]:
    """Two clips a video; of the frames of text 3 to 8 are no padding, of audio up to 12."""
    ids = [f"{split}{video}$_${clip}" for video in range(videos) for clip in (1, 2)]
    rows, audio_steps = len(ids), STEPS if aligned else 12
    tokens = rng.integers(3, STEPS + 1, rows)
    mask = np.arange(STEPS) < tokens[:, None]
    lengths = tokens if aligned else rng.integers(1, audio_steps + 1, rows)
    heard = np.arange(audio_steps) < lengths[:, None]
    labels = np.round(rng.uniform(-3, 3, rows) * 3) / 3
    held = {
        "id": ids,
        "raw_text": np.array([f"words of {name}" for name in ids], object),
        "text": (rng.normal(size=(rows, STEPS, TEXT_WIDTH)) * mask[..., None]).astype("f4"),
        "text_bert": np.stack([mask * 7, mask, mask * 0], axis=1).astype("f4"),
        "audio": (rng.normal(size=(rows, audio_steps, AUDIO_WIDTH)) * heard[..., None]),
        "vision": np.zeros((rows, audio_steps, 2), "f4"),
        "annotations": ["Positive" if label > 0 else "Negative" for label in labels],
        "classification_labels": (labels > 0).astype("f4"),
        "regression_labels": labels.astype("f4"),
    }
    return held if aligned else held | {"audio_lengths": list(lengths), "vision_lengths": lengths}


def mmsa(aligned: bool = False, videos: int = 3) -> dict[str, dict[str, Any]]:
    """What MMSA's pickles hold."""
    rng = np.random.default_rng(5)
    return {split: mmsa_split(split, videos, rng, aligned) for split in ("train", "valid", "test")}


def write_mmsa(path: Path, data: Any, protocol: int = 4, numpy_1: bool = False) -> Path:
    """As a pickle; `numpy_1`: with the names that numpy 1 writes, which are as long but for one."""
    pickled = pickle.dumps(data, protocol=protocol)
    if numpy_1:
        assert protocol == 2  # names end in a line feed there, and may change in length
        pickled = pickled.replace(b"numpy._core.", b"numpy.core.")
    path.write_bytes(pickled)
    return path


def write_wav(path: Path, seconds: float = 0.5) -> None:
    """A tone at 8 kHz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, 0.3 * np.sin(np.arange(int(seconds * 8000)) / 5), 8000)


def write_mmsa_fet(root: Path) -> Path:
    """label.csv and Raw/; of its clips one is missing."""
    root.mkdir(parents=True)
    (root / "label.csv").write_text(
        "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\n"
        "aqgy4,0001,so it is,0.4,0.2,,,Positive,train\n"
        'aqgy4,0002,"no, never",-1.6,,,,Negative,valid\n'
        "a-_b,1,well,3.5,,,,Positive,test\n"
        "a-_b,2,well,,,,,,test\n"
        "a-_b,,well,1,,,,,test\n"
        "a-_b,3,well,1,,,,,held out\n"
    )
    for clip in ("aqgy4/0001", "aqgy4/0002", "a-_b/1"):
        write_wav(root / "Raw" / f"{clip}.wav")
    return root


MELD_HEAD = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime\n"
)


def write_meld(root: Path) -> Path:
    """Three tables, clips of train and test; train0's second turn has none, dev has no folder."""
    (root / "train").mkdir(parents=True)
    (root / "train/train_sent_emo.csv").write_text(
        MELD_HEAD + '1,"Oh, he\x92s lost it.",Phoebe,sadness,negative,0,0,4,7,"00:20:57,256",'
        '"00:21:00,049"\n2,What?,Monica,surprise,Neutral,0,1,4,7,"00:21:01,927","00:21:03,261"\n'
        '3,What?,Joey,surprise,positive,0,2,4,7,"00:21:05,927","00:21:03,261"\n'
        '4,Yes,Joey,joy,glad,1,0,4,7,"00:21:05,927","00:21:06,261"\n',
        encoding="utf-8",
    )
    row = '1,Hi,Ross,joy,positive,0,0,1,1,"00:00:01,000","00:00:02,000"\n'
    (root / "dev_sent_emo.csv").write_text(MELD_HEAD + row)
    (root / "test_sent_emo.csv").write_text(MELD_HEAD + row + "2,Hi\n")
    write_wav(root / "train/train_splits/dia0_utt0.wav")
    write_wav(root / "train/train_splits/dia0_utt2.wav")
    write_wav(root / "test/output_repeated_splits_test/dia0_utt0.wav")
    write_wav(root / "test/output_repeated_splits_test/final_videos_testdia0_utt1.wav")
    write_wav(root / "test/output_repeated_splits_test/._dia0_utt1.wav")
    return root


def write_iemocap(root: Path) -> Path:
    """One dialogue in Session1, one without recordings in Session2."""
    for session, dialogue in (("Session1", "Ses01F_impro01"), ("Session2", "Ses02M_script01_1")):
        for kind in ("transcriptions", "EmoEvaluation"):
            (root / session / "dialog" / kind).mkdir(parents=True)
        (root / session / f"dialog/transcriptions/{dialogue}.txt").write_text(
            f"{dialogue}_F000 [006.2901-008.2357]: Excuse me.\n"
            f"{dialogue}_M000 [007.5712-010.4750]: Do you have your forms?\n"
            f"{dialogue}_MXX0 [010.5000-010.9000]: Mhm.\n"
            "M: Excuse me.\n"
        )
        (root / session / f"dialog/EmoEvaluation/{dialogue}.txt").write_text(
            "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
            f"[7.5712 - 10.4750]\t{dialogue}_M000\tfru\t[1.5000, 2.5000, 2.5000]\n"
            "C-E2:\tFrustration;\t(curious)\nA-E3:\tval 2; act 2; dom  2;\t()\n\n"
            f"[6.2901 - 8.2357]\t{dialogue}_F000\tneu\t[2.5000, 2.5000, 2.5000]\n\n"
            f"[11.0 - 12.0]\t{dialogue}_F001\txxx\t[5.5000, 2.5000, 2.5000]\n"
            "[12.0 - 13.0]\tunfinished\n"
        )
    wavs = root / "Session1/sentences/wav/Ses01F_impro01"
    for turn in ("F000", "M000", "F001"):
        write_wav(wavs / f"Ses01F_impro01_{turn}.wav")
    return root


def write_crema_d(root: Path) -> Path:
    """Two actors as WAV, one clip also as MP3's place holder, and a recording of another name."""
    for name in ("1001_DFA_ANG_XX", "1001_IEO_HAP_HI", "1091_TSI_NEU_XX", "1091_TSI_SUR_XX"):
        write_wav(root / f"AudioWAV/{name}.wav")
    write_wav(root / "AudioWAV/take two.wav")
    (root / "AudioMP3").mkdir()
    (root / "AudioMP3/1001_DFA_ANG_XX.mp3").write_bytes(b"")
    (root / "VideoDemographics.csv").write_text("ActorID,Age\n1001,51\n")
    return root


def write_ravdess(root: Path) -> Path:
    """An actor's sound and video of one clip, a surprised one and a sung one."""
    for name in ("03-01-06-02-01-02-01", "03-01-08-01-02-01-01", "03-02-03-01-02-01-01"):
        write_wav(root / f"Audio_Speech_Actors_01-24/Actor_01/{name}.wav")
    (root / "Actor_01").mkdir()
    (root / "Actor_01/01-01-06-02-01-02-01.mp4").write_bytes(b"")
    return root


def write_nemo(root: Path) -> Path:
    """data.tsv and samples/; of its clips one is missing."""
    root.mkdir(parents=True)
    (root / "data.tsv").write_text(
        "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tsex\tage\n"
        "EB0_anger_1\tanger\tLubię czytać.\tlubię czytać\tEB0\tfemale\t25\n"
        "MK1_surprised_2\tsurprised\tKupiłem szafę.\tkupiłem szafę\tMK1\tmale\t31\n",
        encoding="utf-8",
    )
    write_wav(root / "samples/EB0_anger_1.wav")
    return root


def write_msp_podcast(root: Path, table: str = "Labels/labels_consensus.csv") -> Path:
    """Four rows of two podcasts: one without a clip, one without words, one without a valence."""
    (root / table).parent.mkdir(parents=True, exist_ok=True)
    (root / table).write_text(
        "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
        "MSP-PODCAST_0001_0008.wav,N,4.2,4.5,4.8,127,Male,Train\n"
        "MSP-PODCAST_0001_0019.wav,H,5.2,6.25,4.0,Unknown,Unknown,Development\n"
        "MSP-PODCAST_0023_0001.wav,A,6.0,1.75,5.0,8,Female,Test1\n"
        "MSP-PODCAST_0023_0002.wav,X,6.0,high,5.0,8,Female,Test2\n"
    )
    for name in ("0001_0008", "0023_0001", "0023_0002"):
        write_wav(root / f"Audios/MSP-PODCAST_{name}.wav")
    (root / "Transcripts").mkdir()
    for name, words in (("0001_0008", "So that\nis it.\n"), ("0023_0001", "Never again.")):
        (root / f"Transcripts/MSP-PODCAST_{name}.txt").write_text(words)
    return root


def write_sequence(
    path: Path, data: dict[str, tuple[Any, Any]], metadata: tuple[str, ...] | None = METADATA
) -> Path:
    """A computational sequence as the SDK's write_CSD writes it: gzip 9, metadata as JSON texts."""
    with h5py.File(path, "w") as file:
        root = file.create_group(path.stem)
        videos = root.create_group("data")
        for video, (features, intervals) in data.items():
            group = videos.create_group(video)
            for name, values in (("features", features), ("intervals", intervals)):
                group.create_dataset(
                    name, data=np.asarray(values), compression="gzip", compression_opts=9
                )
        if metadata is not None:
            known = root.create_group("metadata")
            for key in metadata:
                known.create_dataset(key, (1,), dtype=h5py.special_dtype(vlen=str))
                known[key][0] = json.dumps("made up")
    return path


SEGMENTS = [(0.0, 1.0), (1.0, 2.0), (2.5, 3.5)]


def write_csd_folder(root: Path, videos: tuple[str, ...] = ("-v1_x", "v2", "v3", "v4")) -> Path:
    """Labels, words, word vectors and COVAREP of some videos, and the SDK's file of folds."""
    root.mkdir(parents=True)
    rng = np.random.default_rng(3)
    labels = {v: (rng.uniform(-3, 3, (3, 7)).astype("f4"), SEGMENTS) for v in videos}
    times = np.arange(0, 3.5, 0.5)
    words = np.array([[b"sp"], [b"one"], [b"two"], [b"sp"], [b"lost"], [b"three"], [b"four"]])
    spoken = np.stack([times, times + 0.5], axis=1)
    heard = np.arange(0, 3.5, 0.01)
    write_sequence(root / "CMU_MOSEI_Labels.csd", labels)
    write_sequence(root / "CMU_MOSEI_TimestampedWords.csd", dict.fromkeys(videos, (words, spoken)))
    write_sequence(
        root / "CMU_MOSEI_TimestampedWordVectors.csd",
        {v: (rng.normal(size=(7, TEXT_WIDTH)).astype("f4"), spoken) for v in videos},
    )
    frames = {
        v: (rng.normal(size=(350, AUDIO_WIDTH)), np.stack([heard, heard + 0.01], axis=1))
        for v in videos
    }
    frames[videos[0]][0][:3, 0] = -np.inf
    write_sequence(root / "CMU_MOSEI_COVAREP.csd", frames)
    train, valid, test, *_ = videos
    (root / "cmu_mosei_std_folds.py").write_text(
        f"import os\nstandard_train_fold=[{train!r}]\nstandard_valid_fold = [\n{valid!r},]\n"
        f"standard_test_fold=[{test!r}]\nos.system('touch {root}/ran')\n"
    )
    return root
