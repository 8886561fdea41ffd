set -e
python -m pip install --no-deps --no-build-isolation "yamnet-hear @ git+https://github.com/soundsensing/yamnet-hear@3b28854c1d8dd5e93fb418bea1ca4e7d27e1181a"
