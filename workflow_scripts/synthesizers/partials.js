// The tones of partials.py, rendered in the report's page: {f1, level_2, ..., level_24} to samples. A level
// that the data set does not vary is at its default of -6 dB per octave, rounded up. Lists, phases and nuisances
// as in additive.js.
synthesizers.partials = {
  factors: [
    "f1", "level_2", "level_3", "level_4", "level_5", "level_6", "level_7", "level_8", "level_9", "level_10",
    "level_11", "level_12", "level_13", "level_14", "level_15", "level_16", "level_17", "level_18", "level_19",
    "level_20", "level_21", "level_22", "level_23", "level_24"
  ],
  nuisances: ["phases", "onset", "gain"],
  render({ f1 = 200, ...levels }, sampleRate, duration, { max_frequency = 7000, ramp = 0.02 }, seed) {
    const highest = Math.min(max_frequency, sampleRate / 2) - 2 / ramp;
    const orders = Array.from({ length: 24 }, (_, i) => i + 1).filter((p) => p * f1 <= highest);
    const level = (p) => levels[`level_${p}`] ?? -6 * Math.ceil(Math.log2(p));
    return harmonics(
      orders.map((p) => p * f1), orders.map((p) => 10 ** (level(p) / 20)), sampleRate, duration, ramp, seed);
  },
};
