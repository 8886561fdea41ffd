# It imports torchaudio, of which no build matches this PyTorch: its compiled parts (file input, sox), which
# nothing here uses, are deleted; what remains is pure Python.
set -e
python -m pip install --no-deps torchaudio==2.8.0
rm -f "$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))")"/torchaudio/lib/*.so
python -m pip install --no-deps "serab_byols @ git+https://github.com/GasserElbanna/serab-byols@115fd81235d2c14ddab4bcf55ed79250711c2a2c"
