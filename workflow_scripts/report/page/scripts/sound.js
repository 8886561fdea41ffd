// Sounds of the report: rendered from factors or decoded from clips, at one level or their own, through a limiter.
"use strict";

const synthesizers = {}; // filled by the synthesizers' own scripts

// Uniform numbers from 0 to 1, the same for the same seed (mulberry32).
function randoms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Sum of cosines (Hz, amplitudes, phases drawn from the seed) with raised-cosine ramps (s): Float32Array.
function harmonics(frequencies, amplitudes, sampleRate, duration, ramp, seed) {
  const T = Math.round(duration * sampleRate);
  const samples = new Float32Array(T);
  const random = randoms(seed);
  frequencies.forEach((frequency, k) => {
    const phase = 2 * Math.PI * random();
    const step = (2 * Math.PI * frequency) / sampleRate;
    for (let t = 0; t < T; t++) samples[t] += amplitudes[k] * Math.cos(step * t + phase);
  });
  const n = Math.min(Math.round(ramp * sampleRate), T >> 1);
  for (let t = 0; t < n; t++) {
    const rise = 0.5 - 0.5 * Math.cos((Math.PI * (t + 0.5)) / n);
    samples[t] *= rise;
    samples[T - 1 - t] *= rise;
  }
  return samples;
}

// Plays one sound at a time: root mean square LEVEL while it sounds, or the level that it has; no sample above CEILING.
const player = {
  LEVEL: 0.06,
  CEILING: 0.5,
  volume: 0.7, // 0 to 1
  context: null,
  source: null,

  start() {
    if (this.context) return;
    this.context = new AudioContext();
    this.gain = this.context.createGain();
    this.limiter = new DynamicsCompressorNode(this.context, {
      threshold: -9, knee: 0, ratio: 20, attack: 0.001, release: 0.1,
    });
    this.gain.connect(this.limiter).connect(this.context.destination);
  },

  // samples: Float32Array at sampleRate; or the bytes of a clip. ownLevel: a factor sets the level of the sounds.
  async play(samples, sampleRate, ownLevel = false) {
    this.start();
    await this.context.resume();
    let buffer;
    if (samples instanceof Float32Array) {
      buffer = this.context.createBuffer(1, samples.length, sampleRate);
      buffer.copyToChannel(samples, 0);
    } else {
      buffer = await this.context.decodeAudioData(samples.buffer);
    }
    const data = buffer.getChannelData(0);
    let peak = 0;
    for (const v of data) peak = Math.max(peak, Math.abs(v));
    let [power, count] = [0, 0];
    for (const v of data) if (Math.abs(v) > peak / 100) [power, count] = [power + v * v, count + 1];
    const rms = Math.sqrt(power / Math.max(1, count));
    if (this.source) this.source.stop();
    this.source = this.context.createBufferSource();
    this.source.buffer = buffer;
    this.gain.gain.value = peak ? this.volume * Math.min(ownLevel ? 1 : this.LEVEL / rms, this.CEILING / peak) : 0;
    this.source.connect(this.gain);
    this.source.start();
    return { peak, rms, seconds: buffer.duration };
  },
};
