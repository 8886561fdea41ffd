# openl3 fetches its weights itself when it is installed. kapre 0.3.7 asks for NumPy 2, openl3-hear for
# TensorFlow 2.4.
set -e
python -m pip install --no-deps kapre==0.3.5
python -m pip install --no-deps --no-build-isolation openl3==0.4.2 \
    "openl3-hear @ git+https://github.com/marl/openl3-hear@cfb656500517105f440cd31eac9f063680f85dc8"
