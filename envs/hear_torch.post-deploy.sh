# Their own requirements cannot be met together. torchaudio has no build that matches this PyTorch: its
# compiled parts (file input, sox), which nothing here uses, are deleted; what remains is pure Python.
set -e
python -m pip install --no-deps torchaudio==2.8.0 hear21passt==0.0.26 panns-hear==0.2.1 wav2clip==0.1.0
rm -f "$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))")"/torchaudio/lib/*.so
python -m pip install --no-deps \
    "efficient_latent @ git+https://github.com/RicherMans/HEAR2021_EfficientLatent@0ec444d99f9e3d6c7dc95cb715dfa249d516e58a" \
    "hearaudiomlp @ git+https://github.com/ID56/HEAR-2021-Audio-MLP@292c77c92468beff9292e9892742e9b1fcecfcab" \
    "hearline @ git+https://github.com/ibkuroyagi/hear2021-submit@d080afbe176140493e1c343f813f46751470433a" \
    "udons @ git+https://github.com/faroit/udons@693b3624d9c5996793a3b7d3d9e942d0c0840323" \
    "wav2clip-hear @ git+https://github.com/hohsiangwu/wav2clip-hear@5f83917b6b378591ef93e2c0185662cba2dd9c7e"
