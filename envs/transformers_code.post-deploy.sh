# It imports torchaudio, of which no build matches this PyTorch: its compiled parts (file input, sox), which
# nothing here uses, are deleted; what remains is pure Python.
set -e
python -m pip install --no-deps torchaudio==2.8.0
rm -f "$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))")"/torchaudio/lib/*.so
