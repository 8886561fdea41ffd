# Its own requirements (transformers 4.11) have no build for Python 3.11.
set -e
python -m pip install --no-deps "GURA @ git+https://github.com/tony10101105/HEAR-2021-NeurIPS-Challenge---NTU@7b7ce730d23232cec85698728fd1048800764d06"
