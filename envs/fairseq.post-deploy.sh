# Their own requirements name a fairseq of 2021. torchaudio has no build that matches this PyTorch: its
# compiled parts (file input, sox), which nothing here uses, are deleted; what remains is pure Python.
set -e
python -m pip install --no-deps fairseq-fixed==0.12.3.1 torchaudio==2.8.0
site="$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))")"
rm -f "$site"/torchaudio/lib/*.so
python -m pip install --no-deps \
    "audio_dbert @ git+https://github.com/RF5/audio_dbert@b2d0e44de789ff340711730425de1df0dba091da" \
    "MusicSpeechWav2vec @ git+https://github.com/KinWaiCheuk/my_package@8d557f0594c22d281dbb1fa07b34d2aa0caff6aa" \
    "git+https://github.com/guozixunnicolas/HEAR_2021_NeurIPS_Challenge_SUTD_AMAAI@b9e8a1ec04829b3c76fe9dadf7aab332e0ca0aa4"
# Python 3.11 refuses a dataclass as the default of a dataclass's field.
python - "$site" << 'END'
import pathlib, sys
path = pathlib.Path(sys.argv[1], "audio_dbert", "config.py")
text = path.read_text()
old = "db2: DBERT2HeadConfig = DBERT2HeadConfig()"
assert old in text
text = text.replace(old, "db2: DBERT2HeadConfig = field(default_factory=DBERT2HeadConfig)")
path.write_text(text)
END
