"""wav2vec 2.0 and DDSP by the AMAAI Lab, as submitted to HEAR 2021.

The package finds loudness and pitch on the first GPU, whether there is one or not; here it does so where
torch computes. Its settings of the task are those of a fairseq of 2021. Settings that today's fairseq does
not know are left out, as fairseq itself does when it loads a checkpoint. The pitch is a part of the
embedding, and torchcrepe dithers it by NumPy's global generator. That is seeded before each sound, and sounds
go one by one, so that the answer is the same alone and in a batch.
"""

from functools import partial

import numpy as np
import torch
from fairseq import tasks
from wav2vec2_ddsp import wav2vec2_ddsp as submission

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SEED = 0

load_model = submission.load_model
tasks.setup_task = partial(tasks.setup_task, from_checkpoint=True)
submission.extract_loudness_torch = partial(submission.extract_loudness_torch, device=DEVICE)
submission.extract_pitch_torch = partial(submission.extract_pitch_torch, device=DEVICE)


def get_scene_embeddings(audio, model):
    """float32 (n, 871): 768 of wav2vec 2.0, 100 harmonics, their amplitude, pitch in Hz, their sum."""
    embeddings = []
    for sound in audio:
        np.random.seed(SEED)
        embeddings.append(submission.get_scene_embeddings(sound[None], model))
    return torch.cat(embeddings)
